"""Networks are measured as recipes train them."""

import pytest

from speakernet.planning.network_rates import measure_network
from tests.unit.planning.conftest import recipe


def test_a_larger_network_takes_longer_and_more() -> None:
    small = measure_network(recipe(), 80, 10, 1)
    large = measure_network(recipe(model={"name": "tdnn_c128"}), 80, 10, 1)
    assert 0 < small.train < large.train
    assert 0 < small.embed < large.embed
    assert small.weights < large.weights
    assert small.memory > 0
    assert (small.embedding_dim, small.is_gpu) == (256, False)


@pytest.mark.parametrize("loss", ["ge2e", "angleproto"])
def test_losses_that_compare_utterances(loss: str) -> None:
    grouped = recipe(
        loss={"name": loss}, data={"order": {"type": "speaker_groups"}}, schedule={"margin": None}
    )
    assert measure_network(grouped, 80, 10, 1).train > 0
