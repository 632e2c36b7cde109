"""Embeddings through a network: batches of chunks of equal length change nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speakernet.arrays import Float32
from speakernet.backend.chunks import FEATURE_STEPS, cut_chunks
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.extraction import Extractor
from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS, build_model
from tests.unit.backend.utterances import LENGTHS, MEL, utterances

CHUNKS = ExtractionConfig(chunk_frames=100, min_frames=25)


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model(configure(MODELS, "tdnn_c8", embedding_dim=6), input_dim=MEL)


def extract(model: torch.nn.Module, batch_steps: int, names: list[str]) -> dict[str, Float32]:
    some = [pair for pair in utterances() if pair[0] in names]
    extractor = Extractor(model, CHUNKS, batch_steps=batch_steps)  # type: ignore[arg-type]
    return dict(extractor(some))


def test_batches_change_nothing(model: torch.nn.Module) -> None:
    names = [name for name, _ in utterances()]
    alone = {name: extract(model, 0, [name])[name] for name in names}
    for batch_steps in (0, 60, 250, 100_000):
        together = extract(model, batch_steps, names)
        assert sorted(together) == names
        for name in names:
            if batch_steps == 0:
                np.testing.assert_array_equal(together[name], alone[name])
            scale = np.abs(alone[name]).max()
            assert np.abs(together[name] - alone[name]).max() <= 2e-6 * scale


@settings(max_examples=20)
@given(st.permutations(range(len(LENGTHS))), st.integers(0, 1000))
def test_order_and_batch_size_change_nothing(order: list[int], batch_steps: int) -> None:
    class Sum(torch.nn.Module):
        input_kind = "features"

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.double().sum(dim=1).float()

    some = utterances()
    extractor = Extractor(Sum(), CHUNKS, batch_steps=batch_steps)  # type: ignore[arg-type]
    found = dict(extractor(some[i] for i in order))
    assert len(found) == len(some)
    for name, utterance in some:
        chunks = cut_chunks(utterance, CHUNKS, FEATURE_STEPS)
        sums = [chunk.astype(np.float64).sum(axis=0) * len(chunk) for chunk in chunks]
        expected = np.sum(sums, axis=0) / sum(map(len, chunks))
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-4)


def test_empty_and_broken_utterances_are_refused(model: torch.nn.Module) -> None:
    extractor = Extractor(model, CHUNKS)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="'e' is empty"):
        list(extractor([("e", np.empty((0, MEL), np.float32))]))
    with pytest.raises(UserError, match="'n': its embedding is not finite"):
        list(extractor([("n", np.full((30, MEL), np.nan, np.float32))]))


class Silent(torch.nn.Module):
    input_kind = "features"

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(batch), 6)


def test_a_zero_embedding_is_an_error() -> None:
    extractor = Extractor(Silent(), CHUNKS)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="'u04': its embedding is zero"):
        list(extractor([utterances()[4]]))
