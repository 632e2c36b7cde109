"""Statistics over time beside their definitions."""

import torch

from speakernet.config import configure
from speakernet.nn.pooling import POOLINGS, build_pooling


def test_statistics_pooling_keeps_mel_positions() -> None:
    x = torch.randn(2, 4, 6, 3)
    pooled = build_pooling(configure(POOLINGS, "statistics"), 4, 3)(x).view(2, 3, 8)
    std = (x.var(dim=2, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(pooled[:, :, :4], x.mean(2).transpose(1, 2))
    torch.testing.assert_close(pooled[:, :, 4:], std.transpose(1, 2))


def test_attentive_pooling_equals_the_definition() -> None:
    torch.manual_seed(0)
    config = configure(POOLINGS, "attentive_statistics", attention_dim=9)
    pooling, x = build_pooling(config, 4, 3), torch.randn(2, 4, 6, 3)
    reduce, expand = pooling.get_submodule("reduce"), pooling.get_submodule("expand")
    assert reduce.get_parameter("weight").shape == (9, 12, 1, 1)
    std = (x.var(dim=2, correction=0, keepdim=True) + 1e-5).sqrt()
    context = torch.cat([x, x.mean(2, True).expand_as(x), std.expand_as(x)], dim=1)
    weights = torch.softmax(expand(torch.tanh(reduce(context))), dim=2)
    mean = (weights * x).sum(2)
    std = ((weights * x**2).sum(2) - mean**2 + 1e-5).sqrt()
    pooled = pooling(x).view(2, 3, 8)
    torch.testing.assert_close(
        pooled, torch.cat([mean, std], 1).transpose(1, 2), atol=1e-5, rtol=1e-4
    )
