"""Every registered pooling."""

import pytest
import torch

from speakernet.config import configure
from speakernet.nn.pooling import POOLINGS, build_pooling


@pytest.mark.parametrize("name", POOLINGS.names())
def test_pooling_of_a_constant_map_is_the_constant(name: str) -> None:
    pooling = build_pooling(configure(POOLINGS, name), 4, 3)
    x = torch.randn(2, 4, 1, 3).expand(2, 4, 6, 3)
    pooled = pooling(x.bfloat16().float())
    assert pooled.shape == (2, pooling.output_dim)
    means = pooled.sort(dim=1).values
    assert all(
        any(abs(v - m) < 1e-2 for m in row) for v, row in zip(x[:, 0, 0, 0], means, strict=True)
    )
