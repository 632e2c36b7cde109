"""Sizes of networks."""

import pytest

from speakernet.config import UserError, configure
from speakernet.nn.complexity import measure
from speakernet.nn.models import MODELS


def test_multiply_adds_of_a_tdnn_are_its_weights_a_hundred_times_a_second() -> None:
    complexity = measure(configure(MODELS, "tdnn_c16"), 40)
    per_frame = 5 * 40 * 16 + 3 * 16 * 16 * 2 + 16 * 16 + 16 * 48
    assert complexity.multiply_adds == 100 * per_frame
    assert complexity.embedding_layer == 96 * 256
    assert complexity.parameters == per_frame + 96 * 256


def test_ecapa_tdnn_has_as_many_parameters_as_published() -> None:
    for name, millions in (("ecapa_tdnn_c512", 6.19), ("ecapa_tdnn_c1024", 14.65)):
        assert measure(configure(MODELS, name), 80).parameters == pytest.approx(
            millions * 1e6, abs=1e4
        )
    with pytest.raises(UserError, match="'ecapa_tdnn_c12' has 12 channels; expected a multiple"):
        measure(configure(MODELS, "ecapa_tdnn_c12"), 80)
