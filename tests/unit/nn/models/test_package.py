"""Every registered network."""

import re
from typing import Any

import pytest
import torch

from speakernet.config import configure
from speakernet.nn.models import MODELS, SpeakerModel, build_model
from speakernet.nn.pooling import POOLINGS
from tests.tensors import gradient

SMALL = MODELS.examples()
NAMES = sorted({*MODELS.names(), *SMALL})
MEL_BINS = 40


def small_with(option: str) -> list[str]:
    return [name for name in SMALL if option in MODELS.options(name).model_fields]


def make_model(name: str, **settings: Any) -> SpeakerModel:
    torch.manual_seed(0)
    return build_model(configure(MODELS, name, **settings), input_dim=MEL_BINS)


def make_input(model: SpeakerModel, batch: int = 2, num_frames: int = 64) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    if model.input_kind == "waveform":
        return 0.1 * torch.randn(batch, 160 * (num_frames + 36), generator=random)
    return torch.randn(batch, num_frames, MEL_BINS, generator=random)


@pytest.mark.parametrize("name", SMALL)
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


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_one_pattern_fits_a_name_and_its_options_tell_what_it_is(name: str) -> None:
    assert len([entry for entry in MODELS.entries() if re.fullmatch(entry.key, name)]) == 1
    config = configure(MODELS, name)
    with torch.device("meta"):
        model = build_model(config, input_dim=MEL_BINS).eval()
        assert model(make_input(model).to("meta")).shape == (2, model.embedding_dim)
    assert config.input_kind == model.input_kind
    assert config.has_temperature == bool(model.temperatures())


def test_every_family_has_a_small_example() -> None:
    assert {MODELS.key_of(name) for name in SMALL} == {entry.key for entry in MODELS.entries()}


@pytest.mark.parametrize("name", SMALL)
def test_the_length_of_an_embedding_can_be_chosen(name: str) -> None:
    model = make_model(name, embedding_dim=7).eval()
    assert model.embedding_dim == 7
    assert model(make_input(model)).shape == (2, 7)


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_state_dict_round_trip(name: str) -> None:
    model, other = make_model(name), make_model(name)
    model(make_input(model))
    model.set_temperature(4.0)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.eval()(make_input(model)), model.eval()(make_input(model)))


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_evaluation_of_a_batch_equals_one_by_one(name: str) -> None:
    model = make_model(name).eval()
    x = make_input(model, batch=3)
    one_by_one = torch.cat([model(row.unsqueeze(0)) for row in x])
    torch.testing.assert_close(model(x), one_by_one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_odd_lengths_are_fine(name: str) -> None:
    model = make_model(name).eval()
    for num_frames in (61, 63, 66):
        assert model(make_input(model, num_frames=num_frames)).isfinite().all()


@pytest.mark.parametrize(
    ("name", "pooling"),
    [
        # What a pooling sees of a network is two sizes: not every pair has to be tried.
        *(("tdnn_c32", pooling) for pooling in POOLINGS.names()),
        *(("resnet10_c8", pooling) for pooling in POOLINGS.names()),
        *((name, pooling) for name in small_with("pooling") for pooling in ("sap", "astp")),
    ],
)
def test_every_pooling_fits_every_kind_of_network(name: str, pooling: str) -> None:
    with torch.device("meta"):  # a dense layer over all channels and bins may be huge
        model = make_model(name, pooling=pooling, embedding_dim=7)
        assert model(make_input(model).to("meta")).shape == (2, 7)


@pytest.mark.parametrize("name", small_with("recompute_activations"))
def test_recomputed_activations_change_no_number(name: str) -> None:
    models = [make_model(name, recompute_activations=recompute) for recompute in (False, True)]
    for model in models:
        model(make_input(model)).square().sum().backward()
    plain, recomputing = models
    for parameter, other in zip(plain.parameters(), recomputing.parameters(), strict=True):
        torch.testing.assert_close(gradient(parameter), gradient(other))
    for buffer, another in zip(plain.buffers(), recomputing.buffers(), strict=True):
        torch.testing.assert_close(buffer, another)


@pytest.mark.parametrize("name", small_with("recompute_activations"))
def test_recomputing_needs_a_second_forward_pass(name: str) -> None:
    counts = []
    for recompute in (False, True):
        model = make_model(name, recompute_activations=recompute)
        layers = [m for m in model.modules() if not list(m.children())]
        calls: list[int] = []
        for layer in layers:
            layer.register_forward_hook(lambda *_, calls=calls: calls.append(1))
        model(make_input(model)).sum().backward()
        counts.append(len(calls))
    assert counts[1] > 1.5 * counts[0]


@pytest.mark.parametrize("name", SMALL)
def test_same_seed_gives_the_same_weights(name: str) -> None:
    first, second = make_model(name), make_model(name)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", SMALL)
def test_half_precision_gives_float32_statistics(name: str) -> None:
    model = make_model(name).eval()
    x = make_input(model)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = model(x)
    assert torch.cosine_similarity(half.float(), model(x)).min() > 0.98
