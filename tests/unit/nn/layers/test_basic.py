"""Convolutions that pad at the edges, and how kernels start."""

import pytest
import torch

from speakernet.nn.layers.basic import EdgePaddedConv2d, init_kernel


@pytest.mark.parametrize("size", [7, 8])
def test_edge_padding_puts_the_odd_zero_behind(size: int) -> None:
    conv = EdgePaddedConv2d(1, 1, 3, stride=2, bias=False)
    x = torch.randn(1, 1, size, size)
    before = size % 2
    padded = torch.nn.functional.pad(x, (before, 1, before, 1))
    expected = torch.nn.functional.conv2d(padded, conv.weight, stride=2)
    assert expected.shape[2:] == (4, 4)
    torch.testing.assert_close(conv(x), expected)


def test_kernels_are_not_drawn_on_the_meta_device() -> None:
    weight = torch.empty(3, 3, device="meta")
    init_kernel(weight)
    assert weight.is_meta


def test_kernels_start_with_variance_one_over_fan_in() -> None:
    torch.manual_seed(0)
    weight = torch.empty(300, 200, 3)
    init_kernel(weight)
    assert float(weight.var() * 600) == pytest.approx(1, rel=0.01)
    assert float(weight.abs().max() * 600**0.5) <= 2 / 0.8796
