"""Ids of Kaldi's tables for whatever people call their folders and files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_MAX_LENGTH = 60


def safe_ids(names: Iterable[str]) -> dict[str, str]:
    """Return an id of ASCII's letters, digits and ``_`` for each name, in their order.

    Names that look alike get ``_2``, ``_3``, …; of long ones the end is kept. An id followed by
    ``-`` sorts as the id does.
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        plain = _plain(name)
        candidate, number = plain, 1
        while candidate in taken:
            number += 1
            candidate = f"{plain}_{number}"
        taken.add(candidate)
        ids[name] = candidate
    return ids


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", letters)[-_MAX_LENGTH:].strip("_") or "x"
