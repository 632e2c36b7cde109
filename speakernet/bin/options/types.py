"""Types of options: each says what it expects where a value is out of range.

``METAVARS`` holds how ``--help`` shows a value of each type.
"""

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from speakernet.config.numbers import HIGHEST_HZ, LOWEST_HZ, parse_number, parse_whole

if TYPE_CHECKING:
    from speakernet.metrics.definitions import Definition

Type = Callable[[str], Any]
Value = TypeVar("Value", int, float)


def path(text: str) -> Path:
    """Return a path, which an empty text is not."""
    if not text.strip():
        raise ArgumentTypeError(f"found '{text}'; expected a path")
    return Path(text)


def positive_int(text: str) -> int:
    """Return a whole number from 1."""
    return _number(text, parse_whole, lambda value: value >= 1, "a whole number, 1 or more")


def sample_rate(text: str) -> int:
    """Return a sample rate in Hz; audio of another one than 2 to 400 kHz does not exist."""
    expected = f"a rate from {LOWEST_HZ} to {HIGHEST_HZ} Hz"
    return _number(text, parse_whole, lambda value: LOWEST_HZ <= value <= HIGHEST_HZ, expected)


def count(text: str) -> int:
    """Return a whole number from 0; seeds are such numbers, too."""
    return _number(text, parse_whole, lambda value: value >= 0, "a whole number, 0 or more")


def jobs(text: str) -> int:
    """Return a number of jobs or threads, or the number of one: 1 to 100000."""
    expected = "a whole number from 1 to 100000"
    return _number(text, parse_whole, lambda value: 1 <= value <= 100_000, expected)


def draws(text: str) -> int:
    """Return a number of random draws, 0 to 100000: more would take hours and change nothing."""
    expected = "a whole number from 0 to 100000"
    return _number(text, parse_whole, lambda value: 0 <= value <= 100_000, expected)


def positive_number(text: str) -> float:
    """Return a finite number above 0."""
    return _number(text, parse_number, lambda value: 0 < value < math.inf, "a number above 0")


def number(text: str) -> float:
    """Return a finite number."""
    return _number(text, parse_number, math.isfinite, "a number")


def mebibytes(text: str) -> float:
    """Return a size in MiB, 0 to 1000: of what is put into one file that people open."""
    expected = "a size in MiB from 0 to 1000"
    return _number(text, parse_number, lambda value: 0 <= value <= 1000, expected)


def share(text: str) -> float:
    """Return a number from 0 to 1, both included."""
    return _number(text, parse_number, lambda value: 0 <= value <= 1, "a number from 0 to 1")


def prior(text: str) -> float:
    """Return a probability that is neither 0 nor 1."""
    expected = "a probability above 0 and below 1"
    return _number(text, parse_number, lambda value: 0 < value < 1, expected)


def priors(text: str) -> tuple[float, ...]:
    """Return the probabilities of a list like ``0.01,0.05``."""
    return tuple(prior(part) for part in text.split(","))


def counts(text: str) -> list[int]:
    """Return the whole numbers of a list like ``3:4:5``, as Kaldi writes it."""
    return [count(part) for part in text.split(":")]


def decibels(text: str) -> list[float]:
    """Return the signal-to-noise ratios of a list like ``20:10:-2.5``."""
    expected = "numbers like 20:10:0"
    return [_number(part, parse_number, math.isfinite, expected) for part in text.split(":")]


def whole_decibels(text: str) -> list[int]:
    """Return the signal-to-noise ratios of a list like ``20:10:-5``, of whole numbers only."""
    expected = "whole numbers like 20:10:0"
    return [_number(part, parse_whole, math.isfinite, expected) for part in text.split(":")]


def truth(text: str) -> bool:
    """Return whether the value is ``true``; nothing else than ``true`` and ``false`` is taken."""
    if text not in ("true", "false"):
        raise ArgumentTypeError(f"found '{text}'; expected true or false")
    return text == "true"


def device(text: str) -> str:
    """Return the name of a device, or ``auto``."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", text):
        raise ArgumentTypeError(f"found '{text}'; expected auto, cpu, cuda or cuda:N")
    return text


def definition(text: str) -> "Definition":
    """Return the definition of EER and minDCF of this name."""
    from speakernet.metrics.definitions import definitions

    return definitions.get(text)


def speed_factor(text: str) -> str:
    """Return the text of a factor from 0.1 to 10; it becomes a part of ids as it is written."""
    _number(
        text, parse_number, lambda value: 0.1 <= value <= 10, "a factor from 0.1 to 10, like 0.9"
    )
    return text


def _number(
    text: str, kind: Callable[[str], Value], is_valid: Callable[[Value], bool], expected: str
) -> Value:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not is_valid(value):
        raise ArgumentTypeError(f"found '{text}'; expected {expected}")
    return value


METAVARS: Mapping[Type, str] = MappingProxyType(
    {
        Path: "FILE",
        positive_int: "N",
        jobs: "N",
        sample_rate: "HZ",
        count: "N",
        draws: "N",
        positive_number: "X",
        number: "X",
        mebibytes: "MIB",
        share: "P",
        prior: "P",
        priors: "P,...",
        counts: "N:...",
        decibels: "DB:...",
        whole_decibels: "DB:...",
        truth: "true|false",
        device: "DEVICE",
        definition: "NAME",
    }
)
