"""Means of speakers and of all embeddings, block by block."""

import numpy as np
import pytest

from speakernet.backend.cohort import mean_embedding, speaker_means
from speakernet.config import UserError

DIM = 7


def test_speaker_means_by_block() -> None:
    generator = np.random.default_rng(0)
    ids = [f"u{i:02d}" for i in range(20)]
    vectors = generator.normal(size=(20, DIM)).astype(np.float32)
    utt2spk = {name: f"s{i % 3}" for i, name in enumerate(ids[:18])}
    blocks = [(ids[:7], vectors[:7]), (ids[7:8], vectors[7:8]), (ids[8:], vectors[8:])]
    speakers, means = speaker_means(blocks, utt2spk)
    assert speakers == ("s0", "s1", "s2")
    for number in range(3):
        own = vectors[number:18:3].astype(float)
        expected = np.mean([vector / np.linalg.norm(vector) for vector in own], axis=0)
        np.testing.assert_allclose(means[number], expected, atol=1e-15)
    np.testing.assert_allclose(mean_embedding(blocks), vectors.mean(axis=0), atol=1e-6)


def test_speaker_means_need_every_utterance() -> None:
    block = (["a", "b"], np.ones((2, 3), np.float32))
    with pytest.raises(UserError, match="1 of the 3 utterances .* the first 'c'"):
        speaker_means([block], {"a": "s", "b": "s", "c": "t"})


def test_a_missing_utterance_that_is_there_in_another_spelling() -> None:
    block = (["a", "e\u0301"], np.ones((2, 3), np.float32))
    with pytest.raises(UserError, match="the first '\u00e9' .*U.0301.* by Unicode normalisation"):
        speaker_means([block], {"a": "s", "\u00e9": "s"})


def test_an_utterance_counts_once() -> None:
    """The second embedding of one would pass for the missing one of another."""
    ones = np.ones((2, 3), np.float32)
    for blocks in ([(["a", "x", "a"], np.ones((3, 3), np.float32))], [(["a"], ones[:1])] * 2):
        with pytest.raises(UserError, match="--cohort-embeddings has two embeddings of 'a'"):
            speaker_means(blocks, {"a": "s", "b": "s"})
