"""Whether a written file computes what the network does, on pieces of recordings.

The difference of two embeddings is the largest of their values' differences, over the root mean
square of the values.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from speakernet.arrays import Float32
from speakernet.backend.inputs import INT16_SCALE, features_of
from speakernet.model.export.graphs import ExportedModel, InputName, with_noise, without_dither
from speakernet.model.export.writing import Embed
from speakernet.signal.options import FbankOptions

NUM_LENGTHS = 20
LONGEST_S = 15
BATCH = 3


class ExportCheck(NamedTuple):
    """How far what a file computes is from what it should, at worst over all pieces.

    pytorch: largest difference to the exported module, in PyTorch; cosine: the least to it.
    extraction: largest difference to extraction (features from NumPy, the network in PyTorch); None
    where there are no features. num_lengths: of the pieces.
    """

    pytorch: float
    cosine: float
    extraction: float | None
    num_lengths: int


def check_lengths(shortest: int, longest: int) -> list[int]:
    """Return different lengths in frames, ``NUM_LENGTHS`` at most, between two lengths."""
    lengths = np.geomspace(shortest, max(longest, shortest), NUM_LENGTHS)
    return sorted({int(length) for length in lengths})


def compare(
    embed: Embed, graph: nn.Module, model: ExportedModel, source: InputName, samples: Float32
) -> ExportCheck:
    """Compare ``embed`` with ``graph`` on pieces of ``samples`` (n,) in [-1, 1] of many lengths.

    Each piece is a batch of its own, and begins somewhere else; of one length there is a batch of
    several. The longest lengths are left out where the recording is shorter.
    """
    to_graph, to_extraction = [], []
    for batch in _pieces(model, samples):
        inputs = np.stack([_input(model, source, piece) for piece in batch])
        found = embed(inputs)
        to_graph.append((found, _run(graph, inputs)))
        if source == "waveform" and model.options is not None:
            features = np.stack([_input(model, "features", piece) for piece in batch])
            to_extraction.append((found, _run(model.network, features)))
    return ExportCheck(
        pytorch=max(_difference(*pair) for pair in to_graph),
        cosine=min(_cosine(*pair) for pair in to_graph),
        extraction=max((_difference(*pair) for pair in to_extraction), default=None),
        num_lengths=len(to_graph),
    )


def _pieces(model: ExportedModel, samples: Float32) -> Iterator[list[Float32]]:
    """Yield batches of pieces (samples,) of one length: one at a time, and a larger batch."""
    steps = model.steps("waveform")
    longest = (min(len(samples), LONGEST_S * model.sample_rate) - steps.overhang) // steps.per_frame
    lengths = check_lengths(model.min_frames, longest)
    for index, frames in enumerate(lengths):
        size = steps.steps(frames)
        starts = np.linspace(0, len(samples) - size, BATCH if index == len(lengths) // 2 else 1)
        offset = index * (len(samples) - size) // len(lengths)
        places = [(int(start) + offset) % (len(samples) - size + 1) for start in starts]
        yield [samples[place : place + size] for place in places]


def _input(model: ExportedModel, source: InputName, piece: Float32) -> Float32:
    """Return the input that extraction would make of a piece."""
    options = model.options
    if source == "waveform" or options is None:
        return piece
    scaled = piece * INT16_SCALE
    if isinstance(options, FbankOptions):
        scaled, options = with_noise(scaled, options, model.dither_seed), without_dither(options)
    return features_of(options, model.cmn_window, model.dither_seed)(scaled, "")


def _run(module: nn.Module, batch: Float32) -> Float32:
    with torch.inference_mode():
        return module(torch.from_numpy(batch)).numpy()


def _difference(found: Float32, expected: Float32) -> float:
    """Return the largest difference of embeddings (batch, dim); infinite where one is no number."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    scale = np.sqrt(np.square(expected, dtype=np.float64).mean(axis=1, keepdims=True))
    return float((np.abs(found - expected) / scale).max())


def _cosine(found: Float32, expected: Float32) -> float:
    """Return the least cosine of two embeddings of one piece; -1 where there is none."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return -1.0
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    return float(((found * expected).sum(axis=1) / norms).min())
