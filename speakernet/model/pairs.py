"""All pairs of recordings: how like each other they are, the likeliest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from speakernet.config import UserError
from speakernet.model.comparing import Comparer, PairScores, Voices
from speakernet.model.description import llr_threshold
from speakernet.model.results import Embedding

_BLOCK = 256  # rows; with 10,000 recordings a block's scores take 20 MB each
MOST_PAIRS = 2_000_000


@dataclass(frozen=True)
class Pair:
    """Two recordings and their scores; None for what the model does not have."""

    one: str
    other: str
    score: float
    normalized: float | None
    llr: float | None
    same: bool | None


def compare_all(
    comparer: Comparer, embeddings: Sequence[Embedding], *, prior: float, top: int | None = None
) -> list[Pair]:
    """Return all pairs of different recordings, or the ``top`` of them, by their score.

    Memory does not grow with the pairs that are left out. Raises UserError for fewer than two
    recordings, and for more than ``MOST_PAIRS`` pairs without ``top``.
    """
    count = len(embeddings)
    number = count * (count - 1) // 2
    if count < 2:
        raise UserError(f"found {count} recordings that can be compared; expected two or more")
    if top is None and number > MOST_PAIRS:
        raise UserError(f"{number:,} pairs; expected --top N, the likeliest of them")
    voices = comparer.prepare(np.stack([each.vector for each in embeddings]))
    wanted = number if top is None else min(top, number)
    kept: list[tuple[float, Pair]] = []
    for found in _blocks(comparer, embeddings, voices, prior, wanted):
        kept = sorted([*kept, *found], key=lambda item: -item[0])[:wanted]
    return [pair for _, pair in kept]


def _blocks(
    comparer: Comparer, embeddings: Sequence[Embedding], voices: Voices, prior: float, wanted: int
) -> Iterator[list[tuple[float, Pair]]]:
    """Yield the best pairs of some rows with all that follow them, with what they are sorted by."""
    names = [each.name for each in embeddings]
    for start in range(0, len(names), _BLOCK):
        rows = slice(start, start + _BLOCK)
        scores = comparer.compare(voices[rows], voices[start:])
        below = np.tril_indices(len(scores.final), m=scores.final.shape[1])
        final = scores.final.copy()
        final[below] = -np.inf
        best = np.argsort(-final, axis=None, kind="stable")[
            : min(wanted, int((final > -np.inf).sum()))
        ]
        left, right = np.unravel_index(best, final.shape)
        yield [
            (float(final[i, j]), _pair(names[start + i], names[start + j], scores.of(i, j), prior))
            for i, j in zip(left.tolist(), right.tolist(), strict=True)
        ]


def _pair(one: str, other: str, scores: PairScores, prior: float) -> Pair:
    same = None if scores.llr is None else scores.llr >= llr_threshold(prior)
    return Pair(one, other, *scores, same)
