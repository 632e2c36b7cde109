"""Chunks of utterances, and the mean of their embeddings."""

import numpy as np
import pytest

from speakernet.backend.chunks import (
    FEATURE_STEPS,
    WAVEFORM_STEPS,
    cut_chunks,
    merge_embeddings,
    repeat_to,
)
from speakernet.backend.config import ExtractionConfig

CHUNKS = ExtractionConfig(chunk_frames=100, min_frames=25)


@pytest.mark.parametrize(
    ("length", "lengths"),
    [
        (1, [25]),
        (24, [25]),
        (25, [25]),
        (100, [100]),
        (124, [100]),
        (125, [100, 25]),
        (224, [100, 100]),
        (225, [100, 100, 25]),
    ],
)
def test_chunks_are_those_of_voxsrc2020(length: int, lengths: list[int]) -> None:
    utterance = np.arange(length, dtype=np.float32)[:, None]
    chunks = cut_chunks(utterance, CHUNKS, FEATURE_STEPS)
    assert [len(chunk) for chunk in chunks] == lengths
    if length >= 25:
        assert len(chunks) == 1 + (length - 25) // 100
        start = np.concatenate(chunks)[:, 0]
        np.testing.assert_array_equal(start, np.arange(sum(lengths)))


def test_whole_is_one_chunk() -> None:
    config = ExtractionConfig(mode="whole")
    assert [len(c) for c in cut_chunks(np.zeros((5000, 2), np.float32), config, FEATURE_STEPS)] == [
        5000
    ]
    assert [len(c) for c in cut_chunks(np.zeros((3, 2), np.float32), config, FEATURE_STEPS)] == [25]


def test_crops_of_a_waveform_are_those_of_tdy() -> None:
    config = ExtractionConfig(mode="crops", num_crops=10, crop_frames=400)
    waveform = np.arange(100_000, dtype=np.float32)
    crops = cut_chunks(waveform, config, WAVEFORM_STEPS)
    size = 400 * 160 + 240
    assert [len(crop) for crop in crops] == [size] * 10
    starts = [crop[0] for crop in crops]
    assert starts == [int(s) for s in np.linspace(0, 100_000 - size, num=10)]


def test_short_utterances_are_repeated() -> None:
    np.testing.assert_array_equal(
        repeat_to(np.arange(3, dtype=np.float32), 8), [0, 1, 2, 0, 1, 2, 0, 1]
    )
    waveform = np.arange(1000, dtype=np.float32)
    crops = cut_chunks(waveform, ExtractionConfig(mode="crops"), WAVEFORM_STEPS)
    assert all(len(crop) == 64_240 for crop in crops)
    # Upstream repeats it to a sample more than a crop: numpy.linspace(0, 1, 10), cut to integers.
    assert [crop[0] for crop in crops] == [0] * 9 + [1]


def test_merge_weights_by_length() -> None:
    embeddings = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(merge_embeddings(embeddings, [100, 25], "chunks"), [0.8, 0.2])
    assert merge_embeddings(embeddings, [4, 4], "crops").shape == (2, 2)
