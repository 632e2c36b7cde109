"""A program is a function of words, named after its file."""

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import pytest

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.types import count
from speakernet.config import UserError

SHARED = (Argument("--seed", count, "of the draw", default=3), Argument("--last", Path, "of all"))


@program("users")
@argument("first", str, "before others")
@argument("second", count, "behind it")
@arguments(*SHARED)
def main(args: Namespace) -> int:
    """Return the sum of both numbers."""
    assert args.first == "x"
    return int(args.second + args.seed)


def test_words_become_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["x", "4"]) == 7
    assert main(["--seed", "1", "x", "4"]) == 5
    monkeypatch.setattr("sys.argv", ["program", "x", "0"])
    assert main() == 3
    with pytest.raises(UserError, match="argument second: found '-1'"):
        main(["x", "-1"])


@dataclass(frozen=True)
class Files:
    """What a function of the library takes."""

    table: Path
    number: int
    output: Path | None = None


def test_options_of_a_function_are_arguments_of_the_same_names() -> None:
    args = Namespace(table=Path("a"), output=None, nj=4, more=1)
    assert options_from(Files, args, number=args.nj) == Files(Path("a"), 4)
    with pytest.raises(AttributeError, match="number"):
        options_from(Files, args)


def test_help_has_the_docstring_and_the_order_of_declaration() -> None:
    text = main.make_parser().format_help()
    assert text.startswith("usage: speakernet test-program ")
    assert "A program is a function of words" in text
    places = [text.index(word) for word in ("first  ", "second  ", "--seed N  ", "--last FILE  ")]
    assert places == sorted(places)
    assert main.group == "users"
