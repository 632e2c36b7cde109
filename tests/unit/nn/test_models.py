"""Every registered network, and how names become networks."""

import pytest
import torch
from pydantic import ValidationError

from speakernet.config import UserError
from speakernet.nn.models import (
    ModelConfig,
    SpeakerModel,
    at_temperature,
    build_model,
    model_names,
)
from speakernet.nn.pooling import POOLINGS

SMALL = [
    "tdnn_c32",
    "res2net14_w4_s3_c8_att",
    "res2net26_w4_s2_c8",
    "tdy_resnet10_eighth",
    "ecapa_tdnn_c16",
]
NAMES = [*model_names(), *SMALL]
MEL_BINS = 40


def make_model(name: str, **settings: object) -> SpeakerModel:
    torch.manual_seed(0)
    return build_model(ModelConfig(name=name, **settings), input_dim=MEL_BINS)


def make_input(model: SpeakerModel, batch: int = 2, num_frames: int = 64) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    if model.input_kind == "waveform":
        return 0.1 * torch.randn(batch, 160 * (num_frames + 36), generator=random)
    return torch.randn(batch, num_frames, MEL_BINS, generator=random)


@pytest.mark.parametrize("name", NAMES)
def test_trains_and_evaluates(name: str) -> None:
    model = make_model(name)
    embeddings = model(make_input(model))
    assert embeddings.shape == (2, model.embedding_dim)
    assert embeddings.dtype == torch.float32
    (embeddings * torch.arange(2.0).unsqueeze(1)).sum().backward()
    gradients = {n: p.grad for n, p in model.named_parameters()}
    assert [n for n, g in gradients.items() if g is None or not g.isfinite().all()] == []
    one = model.eval()(make_input(model, batch=1))
    assert one.shape == (1, model.embedding_dim)
    assert one.isfinite().all()


@pytest.mark.parametrize("name", ["dpn68", "vgg_m", *SMALL])
@torch.no_grad()
def test_state_dict_round_trip(name: str) -> None:
    model, other = make_model(name), make_model(name)
    model(make_input(model))
    model.set_temperature(4.0)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.eval()(make_input(model)), model.eval()(make_input(model)))


@pytest.mark.parametrize("name", ["dpn68", "vgg_m", *SMALL])
@torch.no_grad()
def test_evaluation_of_a_batch_equals_one_by_one(name: str) -> None:
    model = make_model(name).eval()
    x = make_input(model, batch=3)
    one_by_one = torch.cat([model(row.unsqueeze(0)) for row in x])
    torch.testing.assert_close(model(x), one_by_one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dpn68", "vgg_m", *SMALL])
@torch.no_grad()
def test_odd_lengths_are_fine(name: str) -> None:
    model = make_model(name).eval()
    for num_frames in (61, 63, 66):
        assert model(make_input(model, num_frames=num_frames)).isfinite().all()


@pytest.mark.parametrize("name", ["tdnn_c32", "res2net14_w4_s3_c8", "resnet10_eighth"])
@pytest.mark.parametrize("pooling", POOLINGS.names())
def test_every_pooling_fits_every_kind_of_network(name: str, pooling: str) -> None:
    model = make_model(name, pooling=pooling, embedding_dim=7)
    assert model(make_input(model)).shape == (2, 7)


@pytest.mark.parametrize(
    "name", ["res2net14_w4_s3_c8", "dpn68", "tdy_resnet10_eighth", "ecapa_tdnn_c16"]
)
def test_recomputed_activations_change_no_number(name: str) -> None:
    results = []
    for recompute in (False, True):
        model = make_model(name, recompute_activations=recompute)
        model(make_input(model)).square().sum().backward()
        results.append((dict(model.named_parameters()), dict(model.named_buffers())))
    for parameter, other in zip(results[0][0].values(), results[1][0].values(), strict=True):
        torch.testing.assert_close(parameter.grad, other.grad)
    for buffer, other in zip(results[0][1].values(), results[1][1].values(), strict=True):
        torch.testing.assert_close(buffer, other)


def test_same_seed_gives_the_same_weights() -> None:
    first, second = make_model("tdnn_c32"), make_model("tdnn_c32")
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_kernels_start_with_variance_one_over_fan_in() -> None:
    weight = make_model("tdnn").frames[3].weight.detach()
    fan_in = weight.shape[1] * weight.shape[2]
    assert float(weight.var() * fan_in) == pytest.approx(1, rel=0.01)
    assert float(weight.abs().max() * fan_in**0.5) <= 2 / 0.8796


def test_softmax_temperature_is_saved_and_lent() -> None:
    model = make_model("tdy_resnet10_eighth")
    assert {float(t) for t in model.temperatures()} == {31.0}
    with at_temperature(model, 1.0):
        assert {float(t) for t in model.temperatures()} == {1.0}
    assert {float(t) for t in model.temperatures()} == {31.0}
    model.set_temperature(4.0)
    saved = [v for n, v in model.state_dict().items() if n.endswith("temperature")]
    assert len(saved) == len(model.temperatures())
    assert {float(t) for t in saved} == {4.0}


def test_static_networks_have_no_temperature() -> None:
    assert make_model("tdnn_c32").temperatures() == []


@pytest.mark.parametrize("name", ["res2net51_w8_s4_c16", "tdnn_c0", "resnet34", "tdnnn"])
def test_unknown_name_is_refused(name: str) -> None:
    with pytest.raises((UserError, ValidationError), match="unknown model"):
        ModelConfig(name=name)


@pytest.mark.parametrize(
    "name", ["tdnn_c32", "res2net14_w4_s3_c8_att", "tdy_resnet10_eighth", "ecapa_tdnn_c16"]
)
def test_half_precision_gives_float32_statistics(name: str) -> None:
    model = make_model(name).eval()
    x = make_input(model)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = model(x)
    assert torch.cosine_similarity(half.float(), model(x)).min() > 0.98
