"""Numbers that say whether frames lie together by speaker or by phone.

All are of one frame, averaged over a speaker's frames, then over speakers; intervals are the middle
95 % of draws of speakers.

- silhouette, by cosine distance: (b - a) / max(a, b) with a the mean distance to frames of the same
  group, b that to the nearest other group. Rousseeuw, "Silhouettes" (1987), equation 1.
- speaker before phone: how likely a frame of the same speaker in another class of phones is nearer
  than a frame of another speaker in the same class. 1/2: neither counts more.
- share of the kernels' variance that classes of phones explain (correlation ratio η²): between
  classes, of the weights of the basis kernels.

Papers:

- Rousseeuw: https://doi.org/10.1016/0377-0427(87)90125-7
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from speakernet.arrays import Float32, Float64, Int64

NUM_DRAWS = 1000


class Estimate(NamedTuple):
    """A mean over speakers, and the bounds of its interval."""

    value: float
    low: float
    high: float


def estimate(values: Float64, seed: int) -> Estimate:
    """Return the mean of ``values`` (speakers,) and its interval."""
    draws = np.random.default_rng(seed).integers(0, len(values), (NUM_DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return Estimate(float(values.mean()), float(low), float(high))


def speaker_means(values: Float64, speakers: Int64) -> Float64:
    """Return the mean (speakers,) of ``values`` (frames,) of each speaker."""
    return np.asarray(np.bincount(speakers, values) / np.bincount(speakers))


def silhouettes(embeddings: Float32, groups: Int64) -> Float64:
    """Return the silhouette (frames,) of each frame by cosine distance."""
    from sklearn.metrics import silhouette_samples

    return np.asarray(silhouette_samples(embeddings, groups, metric="cosine"), np.float64)


def speaker_before_phone(embeddings: Float32, speakers: Int64, classes: Int64) -> Float64:
    """Return for each frame how likely its speaker counts more than its phone; NaN without pairs.

    embeddings (frames, dim), speakers and classes (frames,).
    """
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    similarity = unit @ unit.T
    shares = np.full(len(unit), np.nan)
    for row in range(len(unit)):
        same_speaker, same_class = speakers == speakers[row], classes == classes[row]
        own = np.sort(similarity[row, same_speaker & ~same_class])
        others = similarity[row, ~same_speaker & same_class]
        if len(own) and len(others):
            ranks = [np.searchsorted(own, others, side) for side in ("left", "right")]
            shares[row] = 1 - np.mean(ranks) / len(own)
    return shares


class ClassSums:
    """Sums of the kernels' weights of each speaker and class of phones, in one layer."""

    def __init__(self, num_speakers: int, num_classes: int, num_basis: int) -> None:
        self.counts = np.zeros((num_speakers, num_classes))
        self.sums = np.zeros((num_speakers, num_classes, num_basis))
        self.squares = np.zeros((num_speakers, num_basis))

    def add(self, speaker: int, weights: Float32, classes: Int64) -> None:
        """Add frames of a speaker: weights (frames, basis) and classes (frames,), -1 for none."""
        spoken = classes >= 0
        np.add.at(self.counts[speaker], classes[spoken], 1)
        np.add.at(self.sums[speaker], classes[spoken], weights[spoken])
        self.squares[speaker] += np.square(weights[spoken], dtype=np.float64).sum(axis=0)

    def class_means(self) -> Float64:
        """Return the mean weights (classes, basis), NaN for a class without frames."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.sums.sum(axis=0) / self.counts.sum(axis=0)[:, None])

    def explained(self, seed: int) -> Estimate:
        """Return the share of the variance that classes explain, and its interval."""
        everyone = np.arange(len(self.counts))
        random = np.random.default_rng(seed)
        draws = [random.choice(everyone, len(everyone)) for _ in range(NUM_DRAWS)]
        low, high = np.percentile([self._explained(draw) for draw in draws], [2.5, 97.5])
        return Estimate(self._explained(everyone), float(low), float(high))

    def _explained(self, speakers: Sequence[int] | Int64) -> float:
        counts, sums = self.counts[speakers].sum(axis=0), self.sums[speakers].sum(axis=0)
        used = counts > 0
        within_mean = (sums[used] ** 2 / counts[used, None]).sum()
        mean = (sums.sum(axis=0) ** 2 / counts.sum()).sum()
        total = self.squares[speakers].sum() - mean
        return float((within_mean - mean) / total) if total > 0 else 0.0


class Kernels:
    """``ClassSums`` of the phones, and of the phones half a recording away, which is chance."""

    def __init__(self, num_speakers: int, num_classes: int, num_basis: int) -> None:
        self.of_phones = ClassSums(num_speakers, num_classes, num_basis)
        self.of_others = ClassSums(num_speakers, num_classes, num_basis)

    def add(self, speaker: int, weights: Float32, classes: Int64) -> None:
        """Add frames of a recording; see ``ClassSums.add``."""
        self.of_phones.add(speaker, weights, classes)
        self.of_others.add(speaker, weights, np.roll(classes, len(classes) // 2))

    def explained(self, seed: int) -> dict[str, dict[str, float]]:
        """Return what both explain."""
        both = {"phones": self.of_phones, "shifted": self.of_others}
        return {name: sums.explained(seed)._asdict() for name, sums in both.items()}
