"""The front end of networks on waveforms: log mel energies, normalised over each utterance.

Power spectrogram (16 kHz, FFT 512, window 400 centred on every 160th sample, edges reflected) → 64
triangular mel filters (HTK's scale, 0 to 8000 Hz, height 1) → log(x + 1e-6) → zero mean and unit
variance over time in every band. The same numbers as torchaudio's ``MelSpectrogram`` followed by
``InstanceNorm1d``, without needing a torchaudio that fits the installed PyTorch. Float32.
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

WindowName = Literal["hamming", "hann"]


class LogMel(nn.Module):
    """Maps (batch, samples) in [-1, 1] to (batch, time, mel), without gradient."""

    window: Tensor
    filters: Tensor

    def __init__(self, window: WindowName) -> None:
        super().__init__()
        make = {"hamming": torch.hamming_window, "hann": torch.hann_window}[window]
        self.register_buffer("window", make(_WINDOW_SAMPLES), persistent=False)
        filters = mel_filters(NUM_MEL_BINS, _FFT_SIZE // 2 + 1, SAMPLE_RATE_HZ / 2)
        self.register_buffer("filters", filters, persistent=False)

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """Return 1 + samples // 160 frames; half precision is of no use to a spectrum."""
        with without_autocast(waveform):
            spectrum = torch.stft(
                waveform.float(),
                _FFT_SIZE,
                hop_length=HOP_SAMPLES,
                win_length=_WINDOW_SAMPLES,
                window=self.window.float(),
                return_complex=True,
            )
            power = spectrum.abs().square().transpose(1, 2)
            log_mel = torch.log(power @ self.filters.float() + _FLOOR)
            return functional.instance_norm(log_mel.transpose(1, 2)).transpose(1, 2)


def mel_filters(num_filters: int, num_bins: int, high_hz: float) -> Tensor:
    """Return triangular filters (num_bins, num_filters) between 0 and ``high_hz``.

    Neighbouring filters meet at each other's centres; centres are equidistant in mel,
    2595 · log10(1 + f / 700). All in float32, for published weights were trained with its rounding.
    """
    frequency = torch.linspace(0, high_hz, num_bins).unsqueeze(1)
    mel = torch.linspace(0, 2595 * math.log10(1 + high_hz / 700), num_filters + 2)
    edge = 700 * (10 ** (mel / 2595) - 1)
    width = edge.diff()
    rising = (frequency - edge[:-2]) / width[:-1]
    falling = (edge[2:] - frequency) / width[1:]
    return torch.minimum(rising, falling).clamp_min(0)
