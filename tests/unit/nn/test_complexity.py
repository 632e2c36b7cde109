"""Sizes of networks."""

import pytest
import torch

from speakernet.config import configure
from speakernet.nn.complexity import measure
from speakernet.nn.models import MODELS, build_model


def test_multiply_adds_of_a_tdnn_are_its_weights_a_hundred_times_a_second() -> None:
    complexity = measure(configure(MODELS, "tdnn_c16"), 40)
    per_frame = 5 * 40 * 16 + 3 * 16 * 16 * 2 + 16 * 16 + 16 * 48
    assert complexity.multiply_adds == 100 * per_frame
    assert complexity.embedding_layer == 96 * 256
    assert complexity.parameters == per_frame + 96 * 256


@pytest.mark.parametrize(
    ("name", "embedding_dim", "millions"),
    [
        ("ecapa_tdnn_c512", None, "6.19"),
        ("ecapa_tdnn_c1024", None, "14.66"),
        ("resnet34_c32", None, "6.63"),
        ("resnet221_c32", None, "23.79"),
        ("resnet293_c32", None, "28.63"),
        ("simam_resnet34_c64", None, "25.21"),
        ("simam_resnet100_c64", None, "50.23"),
        ("campplus", None, "7.18"),
        ("eres2net34_w16_s2_c32", None, "6.61"),
        ("eres2net34_w32_s2_c64", None, "22.46"),
        ("eres2net34_v2_w26_s2_c64", None, "17.86"),
        ("eres2net34_w16_s2_c32", 512, "9.89"),
    ],
)
def test_networks_have_as_many_parameters_as_published(
    name: str, embedding_dim: int | None, millions: str
) -> None:
    with torch.device("meta"):
        model = build_model(configure(MODELS, name, embedding_dim=embedding_dim), input_dim=80)
    assert f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f}" == millions
