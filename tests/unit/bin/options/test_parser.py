"""A parser knows its program's name, shows what values look like, and fails with one line."""

from pathlib import Path

import pytest

from speakernet.bin.options.parser import Argument, Flag, Parser
from speakernet.bin.options.types import count, truth
from speakernet.config import UserError


@pytest.fixture
def parser() -> Parser:
    arguments = (
        Argument("--table", Path, "to read"),
        Argument("--folder", Path, "to write", metavar="DIR"),
        Argument("--fast", truth, "not slow", default="false"),
        Argument("--seed", count, "of the draw", default=0),
        Argument("--kinds", str, "of it", nargs="+", default=["a", "b"], metavar="KIND"),
        Argument("--suffix", str, "of ids", default=""),
        Flag("--no-thing", "nothing"),
        Argument("name", str, "of the thing"),
    )
    return Parser("make-a-thing", "Make a thing.\n\n  Indented.", arguments)


def test_help(parser: Parser) -> None:
    text = parser.format_help()
    assert text.startswith("usage: speakernet make-a-thing [-h]")
    assert "\nMake a thing.\n\n  Indented.\n" in text
    for shown in ("--table FILE", "--folder DIR", "--fast true|false", "--seed N"):
        assert f"  {shown} " in text
    shown = " ".join(text.split())
    for default in ("(default: false)", "of the draw (default: 0)", "of it (default: a b)"):
        assert default in shown
    assert shown.count("(default") == 3


def test_values_are_typed(parser: Parser) -> None:
    args = parser.parse_words(["--table", "a", "x", "--fast=true", "--seed", "7"])
    assert (args.table, args.fast, args.seed, args.name) == (Path("a"), True, 7, "x")
    assert parser.parse_words(["x"]).fast is False


def test_a_text_may_begin_with_a_dash(parser: Parser) -> None:
    assert parser.parse_words(["--suffix", "-noise", "x"]).suffix == "-noise"
    assert parser.parse_words(["--", "--suffix"]).name == "--suffix"


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
        (["x", "--suffix"], "argument --suffix: expected one argument"),
        (["--suffix", "--", "x"], "--suffix: found '--'; expected a value"),
        (["--table", "--", "x"], "--table: found '--'; expected a value"),
    ],
)
def test_a_mistake_is_a_users_error(parser: Parser, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=rf"^{message}.*\(try --help\)$"):
        parser.parse_words(words)
