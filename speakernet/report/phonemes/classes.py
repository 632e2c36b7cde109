"""Phones of English (ARPAbet and TIMIT's) in broad classes, and the class of each frame."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64, Int64
from speakernet.config import UserError
from speakernet.kaldi.alignments import Phone
from speakernet.kaldi.tables import read_table

CLASSES = ("vowel", "approximant", "nasal", "fricative", "stop")
SILENCE = -1
"""The class of frames without a phone."""

_PHONES = {
    "vowel": "aa ae ah ao aw ax ax-h axr ay eh er ey ih ix iy ow oy uh uw ux",
    "approximant": "l r w y el",
    "nasal": "m n ng em en eng nx",
    "fricative": "s sh z zh f th v dh hh hv ch jh",
    "stop": "b d g p t k dx q bcl dcl gcl pcl tcl kcl",
    "silence": "sil sp spn nsn h# pau epi <eps>",
}


def class_table(path: Path | None) -> dict[str, int]:
    """Return the number of each phone's class: from ``path`` (phone class), or of English.

    Raises UserError for a class that there is not.
    """
    if path is None:
        lines = {phone: name for name, phones in _PHONES.items() for phone in phones.split()}
    else:
        lines = {_plain(phone): name for phone, name in read_table(path, num_fields=2).items()}
    numbers = {name: number for number, name in enumerate(CLASSES)} | {"silence": SILENCE}
    for phone, name in lines.items():
        if name not in numbers:
            raise UserError(
                f"{path}: '{phone}' is of class '{name}'; expected one of {', '.join(numbers)}"
            )
    return {phone: numbers[name] for phone, name in lines.items()}


def _plain(label: str) -> str:
    """Return a phone without stress, Kaldi's position in the word, and pocketsphinx's marks."""
    return label.lower().strip("+").partition("_")[0].rstrip("012")


def frame_classes(
    phones: Sequence[Phone], times_s: Float64, table: Mapping[str, int], name: str
) -> Int64:
    """Return the class of the phone at each of ``times_s`` (frames,), or ``SILENCE``.

    Raises UserError for a phone of no class; ``name`` is the utterance's.
    """
    classes = np.full(len(times_s), SILENCE)
    for phone in phones:
        number = table.get(_plain(phone.label))
        if number is None:
            raise UserError(
                f"{name}: the phone '{phone.label}' is of no class; expected English phones, or "
                "--phone-classes FILE with lines <phone> <class>"
            )
        classes[(times_s >= phone.start_s) & (times_s < phone.end_s)] = number
    return classes
