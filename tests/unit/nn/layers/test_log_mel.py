"""The log mel front end beside its definition and torchaudio's."""

from typing import get_args

import numpy as np
import pytest
import torch

from benchmarks.peers.features import import_torchaudio_compliance
from speakernet.nn.layers.log_mel import LogMel, WindowName


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
