"""Kaldi-style options (``--num-mel-bins=80``) into frozen dataclasses.

A field ``num_mel_bins: int`` is the option ``--num-mel-bins``; dashes and underscores are the same,
a later value wins, and a truth value may stand without ``=true``, all as in Kaldi.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from speakernet.config.errors import UserError, suggestion
from speakernet.config.files import read_text
from speakernet.config.numbers import parse_number, parse_whole

T = TypeVar("T")

_MAX_BYTES = 1 << 20

_PARSERS: dict[type, Callable[[str], Any]] = {int: parse_whole, float: parse_number}
_TRUTH = {"": True, "true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def read_option_file(path: str | Path) -> list[tuple[str, str]]:
    """Return (``file:line``, option) of every line of a Kaldi config file; ``#`` starts a comment.

    Raises UserError for a missing file and for a line that is not an option.
    """
    return list(_option_lines(Path(path)))


def _option_lines(path: Path) -> Iterator[tuple[str, str]]:
    lines = read_text(path, _MAX_BYTES).splitlines()
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text and not text.startswith("--"):
            raise UserError(f"{path}:{number}: found '{text}'; expected --option=value")
        if text:
            yield f"{path}:{number}", text


def parse_options(
    cls: type[T], items: Iterable[tuple[str, str]], *, unsupported: Collection[str] = ()
) -> T:
    """Build the dataclass ``cls`` from (place, ``--name=value``) pairs.

    Options named in ``unsupported`` exist in Kaldi but not here. Raises UserError with the place
    for these, for unknown names (with the nearest known one) and for values of the wrong type.
    """
    names = _field_types(cls)  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    place = ""
    for place, text in items:
        option, equals, value = text.removeprefix("--").partition("=")
        key = option.strip().replace("-", "_").lower()
        if key not in names:
            raise UserError(f"{place}: {_unknown(key, names, unsupported)}")
        if not equals and names[key] is not bool:
            raise UserError(f"{place}: option --{option} needs a value (--{option}=…)")
        values[key] = _convert(value.strip(), names[key], f"{place}: --{option}")
    try:
        return cls(**values)
    except UserError as error:
        whole = place.rpartition(":")[0] or place  # the file, as it may be about several lines
        raise UserError(f"{whole}: {error}" if whole else str(error)) from None


@cache
def _field_types(cls: type) -> dict[str, type]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _unknown(key: str, names: Iterable[str], unsupported: Collection[str]) -> str:
    option = key.replace("_", "-")
    if option in unsupported:
        return f"option --{option} of Kaldi is not supported here"
    hint = suggestion(option, [name.replace("_", "-") for name in names])
    return f"unknown option --{option}{hint}"


def _convert(text: str, kind: type, what: str) -> Any:
    if kind is bool:
        if text.lower() not in _TRUTH:
            raise UserError(f"{what}: found '{text}'; expected true or false")
        return _TRUTH[text.lower()]
    try:
        return _PARSERS.get(kind, kind)(text)
    except ValueError:
        expected = {int: "an integer", float: "a finite number"}.get(kind, "text")
        raise UserError(f"{what}: found '{text}'; expected {expected}") from None
