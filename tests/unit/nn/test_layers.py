"""Layers and poolings against slow, obvious references."""

from typing import get_args

import numpy as np
import pytest
import torch

from benchmarks.peers.features import import_torchaudio_compliance
from speakernet.config import configure
from speakernet.nn.layers.basic import EdgePaddedConv2d, init_kernel
from speakernet.nn.layers.log_mel import LogMel, WindowName
from speakernet.nn.layers.temporal_dynamic import NUM_BASIS, TemporalDynamicConv2d
from speakernet.nn.pooling import POOLINGS, build_pooling


def reference_log_mel(samples: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return normalised log mel energies (time, 64) in float64."""
    padded = np.pad(samples, 256, mode="reflect")
    starts = range(0, len(padded) - 511, 160)
    frames = np.stack([padded[s + 56 : s + 456] * window for s in starts])
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 66)
    edge = 700 * (10 ** (mel / 2595) - 1)
    hertz = np.arange(257) * 16000 / 512
    filters = np.stack([np.interp(hertz, edge[i : i + 3], [0, 1, 0]) for i in range(64)])
    log_mel = np.log(power @ filters.T + 1e-6)
    return (log_mel - log_mel.mean(0)) / np.sqrt(log_mel.var(0) + 1e-5)


@pytest.mark.parametrize("name", get_args(WindowName))
def test_log_mel_equals_the_definition(name: WindowName) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (2, 8000))
    a0 = {"hamming": 0.54, "hann": 0.5}[name]
    window = a0 - (1 - a0) * np.cos(2 * np.pi * np.arange(400) / 400)
    ours = LogMel(name)(torch.from_numpy(samples.astype(np.float32)))
    theirs = np.stack([reference_log_mel(row, window) for row in samples])
    assert ours.shape == (2, 51, 64)
    np.testing.assert_allclose(ours.numpy(), theirs, atol=2e-4)


@pytest.mark.parametrize("name", ["hamming", "hann"])
def test_log_mel_equals_torchaudio(name: WindowName) -> None:
    """The published systems were trained with it. Bit for bit, where tried."""
    import_torchaudio_compliance()
    from torchaudio.transforms import MelSpectrogram

    windows = {"hamming": torch.hamming_window, "hann": torch.hann_window}
    spectrogram = MelSpectrogram(16000, 512, 400, 160, n_mels=64, window_fn=windows[name])
    waveforms = 0.1 * torch.randn(3, 16123, generator=torch.Generator().manual_seed(1))
    theirs = torch.nn.InstanceNorm1d(64)(torch.log(spectrogram(waveforms) + 1e-6))
    torch.testing.assert_close(LogMel(name)(waveforms), theirs.transpose(1, 2), rtol=0, atol=1e-5)


def test_log_mel_stays_float32_without_gradient_under_autocast() -> None:
    waveform = torch.randn(1, 4000, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        features = LogMel("hann")(waveform)
    assert features.dtype == torch.float32
    assert not features.requires_grad


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
