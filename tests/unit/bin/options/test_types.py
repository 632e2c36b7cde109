"""Values out of range are refused, and the message says what was expected."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

import pytest

from speakernet.bin.options import types

Type = Callable[[str], Any]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (types.jobs, "100000", 100_000),
        (types.positive_int, "1", 1),
        (types.sample_rate, "44100", 44100),
        (types.count, "0", 0),
        (types.positive_number, "0.25", 0.25),
        (types.share, "0", 0.0),
        (types.share, "1", 1.0),
        (types.prior, "0.01", 0.01),
        (types.priors, "0.01,0.5", (0.01, 0.5)),
        (types.counts, "3:0:7", [3, 0, 7]),
        (types.decibels, "20:-2.5", [20.0, -2.5]),
        (types.whole_decibels, "15:-5", [15, -5]),
        (types.truth, "true", True),
        (types.truth, "false", False),
        (types.device, "cuda:3", "cuda:3"),
        (types.device, "auto", "auto"),
        (types.speed_factor, "0.90", "0.90"),
    ],
)
def test_good_values(kind: Type, text: str, value: object) -> None:
    assert kind(text) == value and type(kind(text)) is type(value)


@pytest.mark.parametrize(
    ("kind", "texts", "expected"),
    [
        (types.jobs, ["0", "100001", "4294967296", "-1", "1.0"], "a whole number from 1 to 100000"),
        (types.positive_int, ["0", "-3", "1.5", "", "x"], "a whole number, 1 or more"),
        (types.sample_rate, ["0", "1999", "400001", "16k", "1e4"], "a rate from 2000 to 400000 Hz"),
        (types.count, ["-1", "1e3"], "a whole number, 0 or more"),
        (types.positive_number, ["0", "-1", "inf", "nan", "x"], "a number above 0"),
        (types.share, ["-0.1", "1.01", "nan", "x"], "a number from 0 to 1"),
        (types.prior, ["0", "1", "2", "nan"], "a probability above 0 and below 1"),
        (types.priors, ["0.01,2", "0.01,", "x"], "a probability above 0 and below 1"),
        (types.counts, ["3:-1", ""], "a whole number, 0 or more"),
        (types.decibels, ["20:x", "inf"], "numbers like 20:10:0"),
        (types.whole_decibels, ["20:1.5"], "whole numbers like 20:10:0"),
        (types.truth, ["yes", "True", ""], "true or false"),
        (types.device, ["nonsense", "cuda:", "cuda:x", "gpu"], "auto, cpu, cuda or cuda:N"),
        (types.speed_factor, ["0", "11", "nan", "x"], "a factor from 0.1 to 10"),
    ],
)
def test_values_out_of_range(kind: Type, texts: list[str], expected: str) -> None:
    for text in texts:
        with pytest.raises(ArgumentTypeError, match=f"^found '.*'; expected {expected}"):
            kind(text)
