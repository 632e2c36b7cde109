"""A parser knows its program's name, shows what values look like, and fails with one line."""

from pathlib import Path

import pytest

from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import count, truth
from speakernet.config import UserError


@pytest.fixture
def parser() -> Parser:
    made = Parser("/x/bin/make_a_thing.py", "Make a thing.\n\n  Indented.")
    made.add_argument("--table", type=Path, help="to read")
    made.add_argument("--folder", type=Path, metavar="DIR", help="to write")
    made.add_argument("--fast", type=truth, default=False, help="not slow")
    made.add_argument("--seed", type=count, default=0, help="of the draw")
    made.add_argument("name", help="of the thing")
    return made


def test_help(parser: Parser) -> None:
    text = parser.format_help()
    assert text.startswith("usage: speakernet make-a-thing [-h]")
    assert "\nMake a thing.\n\n  Indented.\n" in text
    for shown in ("--table FILE", "--folder DIR", "--fast true|false", "--seed N"):
        assert f"  {shown} " in text


def test_values_are_typed(parser: Parser) -> None:
    args = parser.parse_args(["--table", "a", "x", "--fast=true", "--seed", "7"])
    assert (args.table, args.fast, args.seed, args.name) == (Path("a"), True, 7, "x")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: name"),
        (["x", "--fast"], "argument --fast: expected one argument"),
        (["x", "--fast", "yes"], "argument --fast: found 'yes'; expected true or false"),
        (["x", "--seed", "-1"], "argument --seed: found '-1'; expected a whole number"),
        (["x", "--tabel", "a"], r"unknown argument '--tabel' \(did you mean '--table'\?\)"),
        (["x", "--see", "1"], r"unknown argument '--see' \(did you mean '--seed'\?\)"),
        (["x", "y"], "unknown argument 'y' "),
    ],
)
def test_a_mistake_is_a_users_error(parser: Parser, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=rf"^{message}.*\(try --help\)$"):
        parser.parse_args(words)
