"""Score files: ``utt1 utt2 score`` a line, one for each trial; VoxSRC's are ``score utt1 utt2``.

A file has one form, which its first line decides.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.config.numbers import parse_number, parse_numbers
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.tables import iter_columns
from speakernet.kaldi.trials import Names, Trials
from speakernet.work.files import open_for_replace


def read_scores(path: Path, trials: Trials) -> Float64:
    """Return the scores (trials,) in the order of ``trials``; the file may have another order.

    Raises UserError (with the line where there is one) for a score that is missing, that is not a
    finite number, or whose pair is not a trial, and for a pair on two lines (unless the trial list
    repeats the pair and the scores agree).
    """
    enroll, test, scores = _read_columns(path)
    if enroll == trials.enroll and test == trials.test:
        return scores
    return _align(path, trials, list(zip(enroll, test, strict=True)), scores)


def _read_columns(path: Path) -> tuple[list[str], list[str], Float64]:
    enroll: list[str] = []
    test: list[str] = []
    scores = array("d")
    names = Names()
    is_voxsrc: bool | None = None
    for first, columns in iter_columns(path, 3):
        if is_voxsrc is None:
            is_voxsrc = _is_number(columns[0][0]) and not _is_number(columns[2][0])
        if is_voxsrc:
            columns = [columns[1], columns[2], columns[0]]
        try:
            block = parse_numbers(columns[2])
        except ValueError:
            _raise_not_a_number(path, first, columns[2])
        enroll += map(names.__getitem__, columns[0])
        test += map(names.__getitem__, columns[1])
        scores += block
    return enroll, test, np.array(scores, dtype=np.float64)


def _is_number(text: bytes) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def _raise_not_a_number(path: Path, first: int, texts: Sequence[bytes]) -> NoReturn:
    number, text = next(item for item in enumerate(texts, first) if not _is_number(item[1]))
    raise UserError(f"{path}:{number}: score '{text.decode()}'; expected a finite number")


def _align(path: Path, trials: Trials, pairs: list[tuple[str, str]], scores: Float64) -> Float64:
    wanted = list(zip(trials.enroll, trials.test, strict=True))
    repeated = len(set(wanted)) < len(wanted)
    known = set(wanted)
    found: dict[tuple[str, str], float] = {}
    for number, (pair, score) in enumerate(zip(pairs, scores.tolist(), strict=True), 1):
        if pair not in known:
            hint = near_miss(" ".join(pair), map(" ".join, known))
            raise UserError(f"{path}:{number}: '{' '.join(pair)}' is not in the trial list{hint}")
        if found.setdefault(pair, score) != score or (not repeated and len(found) < number):
            raise UserError(f"{path}:{number}: '{pair[0]} {pair[1]}' is scored twice")
    for number, pair in enumerate(wanted, 1):
        if pair not in found:
            raise UserError(f"{path}: no score for '{pair[0]} {pair[1]}', trial {number}")
    return np.fromiter(map(found.__getitem__, wanted), np.float64, len(wanted))


def write_voxsrc_scores(path: Path, trials: Trials, scores: Float64) -> None:
    """Write ``score utt1 utt2`` lines with scores from 0 to 1, as VoxSRC's submissions have them.

    The scores (trials,) are moved and stretched; their order stays. The file appears whole or not
    at all.
    """
    low, high = float(scores.min()), float(scores.max())
    shares = (scores - low) / (high - low) if high > low else np.full(len(scores), 0.5)
    rows = zip(trials.enroll, trials.test, shares.tolist(), strict=True)
    with open_for_replace(path) as file:
        file.writelines(f"{score!r} {one} {two}\n".encode() for one, two, score in rows)


def write_scores(path: Path, trials: Trials, scores: Float64) -> None:
    """Write the scores (trials,) with as many digits as reading them back exactly takes.

    Raises UserError if a score is not finite; the file appears whole or not at all.
    """
    bad = np.flatnonzero(~np.isfinite(scores))
    if bad.size:
        one, two = trials.enroll[bad[0]], trials.test[bad[0]]
        raise UserError(f"{path}: the score of '{one} {two}' is {scores[bad[0]]}")
    rows = zip(trials.enroll, trials.test, scores.tolist(), strict=True)
    with open_for_replace(path) as file:
        file.writelines(f"{one} {two} {score!r}\n".encode() for one, two, score in rows)
