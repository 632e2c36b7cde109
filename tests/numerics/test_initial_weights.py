"""How the networks and losses of both reproduced systems start, beside the rules in their code.

voxsrc2020: TensorFlow's variance scaling (truncated normal, fan in) and orthogonal initializers.
tdy: Kaiming and Xavier normal, and PyTorch's defaults where its code has none.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from speakernet.config import configure
from speakernet.nn.layers.temporal_dynamic import TemporalAttention, TemporalDynamicConv2d
from speakernet.nn.losses import LOSSES, build_loss
from speakernet.nn.models import MODELS, build_model, vgg
from speakernet.nn.models.resnet import ResNet
from speakernet.nn.models.vgg import VggM
from speakernet.nn.pooling.tdy import SelfAttentivePooling
from tests.unit.nn.losses.small import losses_with

NAMES = sorted({*MODELS.examples(), "tdnn", "dpn68", "res2net50_w8_s6_c16"})
VOXSRC2020 = [name for name in NAMES if name.startswith(("tdnn", "res2net", "dpn"))]
TDY = [
    ("tdy_resnet10_eighth", "sap"),
    ("tdy_resnet10_eighth", "asp"),
    ("resnet10_eighth", "sap"),
    ("tdy_vgg_m", "asp"),
    ("vgg_m", "average"),
]
KURTOSIS = {"normal": 3.0, "truncated": 2.3655, "uniform": 1.8}


class Rule(NamedTuple):
    """A distribution of mean 0, and its standard deviation."""

    kind: str
    std: float


class Drawn(NamedTuple):
    """What a network's parameters are by a rule, and what they were drawn as."""

    name: str
    weight: Tensor
    rule: Rule


def kaiming(fan: int) -> Rule:
    return Rule("normal", math.sqrt(2 / fan))


def default(fan_in: int) -> Rule:
    """PyTorch's for convolutions and dense layers: uniform within ±1 / √fan_in."""
    return Rule("uniform", 1 / math.sqrt(3 * fan_in))


def fan_in(weight: Tensor) -> int:
    return weight[0].numel()


def fan_out(weight: Tensor) -> int:
    return weight.numel() // weight.shape[1]


def voxsrc2020_rules(network: nn.Module) -> Iterator[Drawn]:
    """Every parameter is a kernel: no biases, and nothing learnt in batch norms."""
    for name, weight in network.named_parameters():
        std = math.sqrt(1 / fan_in(weight))
        yield Drawn(name, weight, Rule("truncated", std))


def tdy_rules(network: nn.Module) -> Iterator[Drawn]:
    """Yield the parameters that are drawn; others are looked at here."""
    is_resnet = isinstance(network, ResNet)
    is_dynamic = any(isinstance(module, TemporalDynamicConv2d) for module in network.modules())
    for name, module in network.named_modules():
        if isinstance(module, TemporalDynamicConv2d):
            yield from (Drawn(name, basis, kaiming(fan_in(basis))) for basis in module.weight)
        elif isinstance(module, TemporalAttention):
            for conv in (module.reduce, module.expand):
                yield Drawn(name, conv.weight, kaiming(fan_out(conv.weight)))
            assert module.reduce.bias is None
            assert module.expand.bias is not None and not module.expand.bias.any()
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            assert (module.weight == 1).all() and (module.bias == 0).all()
        elif isinstance(module, SelfAttentivePooling):
            xavier = Rule("normal", math.sqrt(2 / (len(module.context) + 1)))
            context = kaiming(1) if is_resnet and is_dynamic else xavier
            yield Drawn(name, module.context, context)
        elif isinstance(module, nn.Conv2d):
            rule = kaiming(fan_out(module.weight)) if is_resnet else default(fan_in(module.weight))
            yield Drawn(name, module.weight, rule)
        elif isinstance(module, nn.Linear):
            yield Drawn(name, module.weight, default(fan_in(module.weight)))


def check(drawn: list[Drawn]) -> None:
    """Compare each parameter's spread with its rule's, and the shape of all of a kind together."""
    for kind in {part.rule.kind for part in drawn}:
        some = [part for part in drawn if part.rule.kind == kind]
        scaled = [part.weight.detach().double().flatten() / part.rule.std for part in some]
        for part, values in zip(some, scaled, strict=True):
            error = math.sqrt((KURTOSIS[kind] - 1) / len(values))
            assert float(values.square().mean()) == pytest.approx(1, abs=6 * error), part.name
        values = torch.cat(scaled)
        assert abs(float(values.mean())) < 6 / math.sqrt(len(values))
        tolerance = 6 * math.sqrt((100 if kind == "normal" else 10) / len(values))
        assert float(values.pow(4).mean()) == pytest.approx(KURTOSIS[kind], abs=tolerance), kind
        largest = {"truncated": 2 / 0.87962566, "uniform": math.sqrt(3)}.get(kind, math.inf)
        assert float(values.abs().max()) <= largest * 1.0001


@pytest.mark.parametrize("name", VOXSRC2020)
def test_voxsrc2020_networks(name: str) -> None:
    torch.manual_seed(8)
    network = build_model(configure(MODELS, name), input_dim=40)
    drawn = list(voxsrc2020_rules(network))
    assert len(drawn) == len(list(network.parameters()))
    check(drawn)


@pytest.mark.parametrize(("name", "pooling"), TDY)
def test_tdy_networks(name: str, pooling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = [layer._replace(channels=layer.channels // 4) for layer in vgg._LAYERS]
    monkeypatch.setattr(vgg, "_LAYERS", narrow)
    torch.manual_seed(8)
    network = build_model(configure(MODELS, name, pooling=pooling), input_dim=64)
    assert isinstance(network, ResNet | VggM)
    drawn = list(tdy_rules(network))
    check(drawn)
    seen = {part.weight.untyped_storage().data_ptr() for part in drawn}
    left = [
        name
        for name, weight in network.named_parameters()
        if weight.untyped_storage().data_ptr() not in seen
        and weight.ndim > 1  # biases and batch norms
    ]
    assert left == []


@pytest.mark.parametrize("name", losses_with("initial_weights"))
def test_classifiers(name: str) -> None:
    """More classes than rows of the kernel, and fewer."""
    for classes, dim in ((300, 20), (30, 40)):
        for start in ("orthogonal", "truncated_normal"):
            torch.manual_seed(5)
            config = configure(LOSSES, name, initial_weights=start)
            loss = build_loss(config, embedding_dim=dim, num_classes=classes)
            (weight,) = loss.parameters()
            if start == "truncated_normal":
                check([Drawn(name, weight, Rule("truncated", dim**-0.5))])
                continue
            centers = len(weight) // classes
            kernel = weight.detach().view(classes, centers, dim).permute(1, 2, 0).flatten(0, 1)
            product = kernel @ kernel.T if len(kernel) < classes else kernel.T @ kernel
            torch.testing.assert_close(product, torch.eye(len(product)), atol=1e-5, rtol=0)
            expected = math.sqrt(min(len(kernel), classes) / classes / centers)
            lengths = weight.detach().norm(dim=1)
            assert float(lengths.square().mean().sqrt()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["amsoftmax", "aamsoftmax"])
def test_classifiers_of_tdy(name: str) -> None:
    torch.manual_seed(5)
    loss = build_loss(configure(LOSSES, name), embedding_dim=64, num_classes=200)
    (weight,) = loss.parameters()
    check([Drawn(name, weight, Rule("normal", math.sqrt(2 / (200 + 64))))])
