"""Front ends of networks on waveforms: log mel energies, normalised over each utterance.

``LogMel``, of voxceleb_trainer and tdy:

Power spectrogram (16 kHz, FFT 512, window 400 centred on every 160th sample, edges reflected) → 64
triangular mel filters (HTK's scale, 0 to 8000 Hz, height 1) → log(x + 1e-6) → zero mean and unit
variance over time in every band, with 40 filters in some networks, and in one behind a pre-emphasis
of 0.97. The same numbers as torchaudio's ``MelSpectrogram`` followed by
``InstanceNorm1d``, without needing a torchaudio that fits the installed PyTorch. Float32.

``DecibelMel``, of SpeechBrain: FFT 400 with zeros beyond the edges, 80 triangles that are as wide
to the right as to the left, 10 · log10 of at least 1e-10, at most 80 dB below the utterance's
loudest value → zero mean over time in every band.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from speakernet.nn.layers.precision import without_autocast

SAMPLE_RATE_HZ = 16000
NUM_MEL_BINS = 64
HOP_SAMPLES = 160
_FFT_SIZE = 512
_WINDOW_SAMPLES = 400
_FLOOR = 1e-6
_PREEMPHASIS = 0.97
_DECIBEL_FLOOR = 1e-10
_DECIBEL_RANGE = 80.0

WindowName = Literal["hamming", "hann"]


class LogMel(nn.Module):
    """Maps (batch, samples) in [-1, 1] to (batch, time, mel), without gradient."""

    window: Tensor
    filters: Tensor

    def __init__(
        self, window: WindowName, num_mel_bins: int = NUM_MEL_BINS, *, preemphasis: bool = False
    ) -> None:
        super().__init__()
        self.preemphasis = preemphasis
        make = {"hamming": torch.hamming_window, "hann": torch.hann_window}[window]
        self.register_buffer("window", make(_WINDOW_SAMPLES), persistent=False)
        filters = mel_filters(num_mel_bins, _FFT_SIZE // 2 + 1, SAMPLE_RATE_HZ / 2)
        self.register_buffer("filters", filters, persistent=False)

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """Return 1 + samples // 160 frames; half precision is of no use to a spectrum."""
        with without_autocast(waveform):
            samples = waveform.float()
            if self.preemphasis:
                before = torch.cat([samples[:, 1:2], samples[:, :-1]], dim=1)
                samples = samples - _PREEMPHASIS * before
            spectrum = torch.stft(
                samples,
                _FFT_SIZE,
                hop_length=HOP_SAMPLES,
                win_length=_WINDOW_SAMPLES,
                window=self.window.float(),
                return_complex=True,
            )
            power = spectrum.abs().square().transpose(1, 2)
            log_mel = torch.log(power @ self.filters.float() + _FLOOR)
            return functional.instance_norm(log_mel.transpose(1, 2)).transpose(1, 2)


class DecibelMel(nn.Module):
    """Maps (batch, samples) in [-1, 1] to (batch, time, mel), without gradient.

    The transform is a product in float64: bins that are 80 dB below the loudest count, and Fourier
    transforms of other programs, to which networks are exported, differ there.
    """

    transform: Tensor
    filters: Tensor

    def __init__(self, num_mel_bins: int) -> None:
        super().__init__()
        num_bins = _WINDOW_SAMPLES // 2 + 1
        sample = torch.arange(_WINDOW_SAMPLES, dtype=torch.float64).unsqueeze(1)
        angle = 2 * math.pi / _WINDOW_SAMPLES * sample * torch.arange(num_bins)
        window = torch.hamming_window(_WINDOW_SAMPLES).double().unsqueeze(1)
        transform = torch.cat([window * angle.cos(), window * angle.sin()], dim=1)
        self.register_buffer("transform", transform, persistent=False)
        filters = mel_filters(num_mel_bins, num_bins, SAMPLE_RATE_HZ / 2, symmetric=True)
        self.register_buffer("filters", filters, persistent=False)

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """Return 1 + samples // 160 frames."""
        with without_autocast(waveform):
            half = _WINDOW_SAMPLES // 2
            padded = functional.pad(waveform.double(), (half, half))
            spectrum = padded.unfold(1, _WINDOW_SAMPLES, HOP_SAMPLES) @ self.transform.double()
            real, imaginary = spectrum.square().chunk(2, dim=2)
            mel = (real + imaginary).float() @ self.filters.float()
            decibels = 10 * mel.clamp_min(_DECIBEL_FLOOR).log10()
            least = decibels.amax(dim=(1, 2), keepdim=True) - _DECIBEL_RANGE
            decibels = torch.maximum(decibels, least)
            return decibels - decibels.mean(dim=1, keepdim=True)


def mel_filters(
    num_filters: int, num_bins: int, high_hz: float, *, symmetric: bool = False
) -> Tensor:
    """Return triangular filters (num_bins, num_filters) between 0 and ``high_hz``.

    Neighbouring filters meet at each other's centres, or, if ``symmetric``, are as wide above their
    centre as below; centres are equidistant in mel,
    2595 · log10(1 + f / 700). All in float32, for published weights were trained with its rounding.
    """
    frequency = torch.linspace(0, high_hz, num_bins).unsqueeze(1)
    mel = torch.linspace(0, 2595 * math.log10(1 + high_hz / 700), num_filters + 2)
    edge = 700 * (10 ** (mel / 2595) - 1)
    width = edge.diff()
    rising = (frequency - edge[:-2]) / width[:-1]
    falling = (edge[2:] - frequency) / width[1:]
    if symmetric:
        falling = 2 - rising
    return torch.minimum(rising, falling).clamp_min(0)
