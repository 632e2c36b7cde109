"""A program is a function of words, named after its file."""

from argparse import Namespace
from pathlib import Path

import pytest

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.program import argument, arguments, program
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


def test_help_has_the_docstring_and_the_order_of_declaration() -> None:
    text = main.make_parser().format_help()
    assert text.startswith("usage: speakernet test-program ")
    assert "A program is a function of words" in text
    places = [text.index(word) for word in ("first  ", "second  ", "--seed N  ", "--last FILE  ")]
    assert places == sorted(places)
    assert main.group == "users"
