"""The chunks of an utterance that go through a network, and the mean of their embeddings.

Pure functions. Lengths are in input steps: frames of features, or samples of a waveform (160 to a
frame).
"""

from dataclasses import dataclass

import numpy as np

from speakernet.arrays import Float32, Float64
from speakernet.backend.config import ExtractionConfig

SAMPLES_PER_FRAME = 160
WINDOW_OVERHANG = 240  # samples by which a 25 ms window reaches beyond its 10 ms step


@dataclass(frozen=True)
class StepScale:
    """How many input steps a number of frames takes: ``per_frame * frames + overhang``."""

    per_frame: int = 1
    overhang: int = 0

    def steps(self, frames: int) -> int:
        """Return the input steps that hold exactly ``frames`` frames."""
        return self.per_frame * frames + self.overhang


FEATURE_STEPS = StepScale()
WAVEFORM_STEPS = StepScale(SAMPLES_PER_FRAME, WINDOW_OVERHANG)


def repeat_to(utterance: Float32, length: int) -> Float32:
    """Return ``utterance`` (time, ...), repeated from its start until it has ``length`` steps."""
    if len(utterance) >= length:
        return utterance
    return np.take(utterance, np.arange(length) % len(utterance), axis=0)


def cut_chunks(utterance: Float32, config: ExtractionConfig, scale: StepScale) -> list[Float32]:
    """Return the chunks (time, ...) of a non-empty utterance (time, ...), in order of time.

    The mode "whole" has one chunk; those of "crops" overlap or leave gaps.
    """
    if config.mode == "crops":
        return _crops(utterance, config.num_crops, scale.steps(config.crop_frames))
    whole = repeat_to(utterance, scale.steps(config.min_frames))
    if config.mode == "whole":
        return [whole]
    size = scale.per_frame * config.chunk_frames
    count = 1 + (len(whole) - scale.steps(config.min_frames)) // size
    return [whole[size * index : size * (index + 1)] for index in range(count)]


def _crops(utterance: Float32, count: int, size: int) -> list[Float32]:
    """Cut ``count`` crops whose starts are evenly spaced from the first step to the last fit.

    A short utterance is repeated to one step more than a crop, as in the tdy system: its last crop
    starts a step later than the others.
    """
    long_enough = repeat_to(utterance, size + 1)
    starts = np.linspace(0, len(long_enough) - size, num=count).astype(int)
    return [long_enough[start : start + size] for start in starts]


def merge_embeddings(embeddings: Float64, lengths: list[int], mode: str) -> Float32:
    """Return the embedding of an utterance from those of its chunks (chunks, dim).

    (dim,): the mean weighted by length; for crops all of them, (crops, dim).
    """
    if mode == "crops":
        return embeddings.astype(np.float32)
    weights = np.asarray(lengths, dtype=np.float64)
    return (weights @ embeddings / weights.sum()).astype(np.float32)
