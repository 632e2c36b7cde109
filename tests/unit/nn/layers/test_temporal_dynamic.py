"""A kernel for each time bin, beside a loop."""

import torch

from speakernet.nn.layers.temporal_dynamic import NUM_BASIS, TemporalDynamicConv2d


def test_temporal_dynamic_convolution_mixes_kernels_per_time_bin() -> None:
    torch.manual_seed(0)
    conv = TemporalDynamicConv2d(2, 3, (3, 3), num_bins=8, stride=(2, 2), padding=(1, 1)).eval()
    conv.attention.temperature.fill_(2.0)
    x = torch.randn(2, 2, 8, 9)
    weights = conv.attention(x)
    assert weights.shape == (2, NUM_BASIS, 5)
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 5))
    output = conv(x)
    for b in range(2):
        for t in range(5):
            kernel = (weights[b, :, t, None, None, None, None] * conv.weight).sum(0)
            full = torch.nn.functional.conv2d(x[b : b + 1], kernel, stride=2, padding=1)
            torch.testing.assert_close(output[b, ..., t], full[0, ..., t], rtol=1e-4, atol=1e-5)
