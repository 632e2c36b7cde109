"""Numbers as text: the one grammar for tables, lists and options.

Decimal digits of ASCII, maybe with a minus, a point and an exponent: ``-12.5e-3``. Python's
``float`` and ``int`` also take ``1_0``, ``nan``, ``1e999``, digits of other scripts and white space
around, all of which are slips of whoever wrote the file, and none of which Kaldi writes.
"""

import math
from array import array
from collections.abc import Sequence

_DIGITS = b"0123456789"
_CHARACTERS = _DIGITS + b".eE-"
MAX_DIGITS = 18  # of a whole number, so that it fits into 64 bits
LOWEST_HZ, HIGHEST_HZ = 2_000, 400_000
"""Sample rates that audio has; others are damaged headers or slips, and would take all memory."""


def parse_number(text: str | bytes) -> float:
    """Return a finite number. Raises ValueError for any other text."""
    data = text.encode() if isinstance(text, str) else text
    value = math.nan if data.translate(None, _CHARACTERS) else float(data)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value


def parse_whole(text: str | bytes) -> int:
    """Return a whole number of at most 18 digits, maybe negative. Raises ValueError."""
    data = text.encode() if isinstance(text, str) else text
    digits = data.removeprefix(b"-")
    if not digits or digits.translate(None, _DIGITS) or len(digits) > MAX_DIGITS:
        raise ValueError(f"{text!r} is not a whole number")
    return int(data)


def parse_numbers(texts: Sequence[bytes]) -> "array[float]":
    """Return a column of a table as finite numbers: the fast way. Raises ValueError."""
    if b"".join(texts).translate(None, _CHARACTERS):
        raise ValueError("not only numbers")
    values = array("d", map(float, texts))
    if not all(map(math.isfinite, values)):
        raise ValueError("not only finite numbers")
    return values
