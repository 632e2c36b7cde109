"""What is exported: a network alone, or with its front end, as a module of one tensor.

The front end is the one of extraction, with one difference: dither is the same stretch of noise in
every recording, so that a recording has one embedding in every program.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from speakernet.arrays import Float32
from speakernet.backend.chunks import FEATURE_STEPS, WAVEFORM_STEPS, StepScale
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.inputs import INT16_SCALE, SAMPLE_RATE
from speakernet.config import UserError
from speakernet.data.front_end import KaldiFbank
from speakernet.nn.models import SpeakerModel
from speakernet.signal.dither import add_dither
from speakernet.signal.options import FbankOptions, MfccOptions

InputName = Literal["features", "waveform"]

DITHER_SAMPLES = 1 << 15


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """A network in eval mode, and what extraction does before it.

    name: what messages call it; title: what it calls itself. options: of the features, None where
    the network takes waveforms. input_dim: values of a frame. cmn_window: frames of the sliding
    mean. dither_seed: of the noise.
    """

    name: str
    title: str
    network: SpeakerModel
    options: FbankOptions | MfccOptions | None
    input_dim: int
    cmn_window: int | None
    extraction: ExtractionConfig
    dither_seed: int = 1

    @property
    def sample_rate(self) -> int:
        """Samples in a second of audio."""
        return SAMPLE_RATE if self.options is None else int(self.options.sample_frequency)

    def steps(self, source: InputName) -> StepScale:
        """Return how many steps of the input a number of frames takes."""
        if source == "features":
            return FEATURE_STEPS
        if self.options is None:
            return WAVEFORM_STEPS
        shift = self.options.window_shift
        return StepScale(shift, self.options.window_size - shift)

    @property
    def min_frames(self) -> int:
        """Frames of the shortest input."""
        config = self.extraction
        return config.crop_frames if config.mode == "crops" else config.min_frames


class SlidingMean(nn.Module):
    """Subtracts the mean over a window of frames, equal to ``speakernet.signal.cmvn``."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, frames, dim) to the same shape; sums are float64."""
        frame = torch.arange(features.shape[1], device=features.device)
        last_start = torch.full_like(frame, features.shape[1]) - self.window
        start = torch.minimum(frame - self.window // 2, last_start).clamp_min(0)
        end = torch.minimum(start + self.window, torch.full_like(frame, features.shape[1]))
        sums = functional.pad(features.cumsum(1, dtype=torch.float64), (0, 0, 1, 0))
        means = (sums[:, end] - sums[:, start]) / (end - start).unsqueeze(1)
        return (features - means).float()


class ExportedFrontEnd(nn.Module):
    """Waveforms in [-1, 1] to normalised features, as extraction has them."""

    noise: Tensor

    def __init__(self, options: FbankOptions, cmn_window: int | None, seed: int) -> None:
        super().__init__()
        self.fbank = KaldiFbank(options)
        self.subtracts_mean = options.subtract_mean
        self.cmn = SlidingMean(cmn_window) if cmn_window else nn.Identity()
        noise = torch.from_numpy(dither_noise(options.dither, seed))
        self.register_buffer("noise", noise, persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Map (batch, samples) to (batch, frames, mel)."""
        place = torch.arange(waveform.shape[1], device=waveform.device) % DITHER_SAMPLES
        features: Tensor = self.fbank(waveform * INT16_SCALE + self.noise[place])
        if self.subtracts_mean:
            features = features - features.mean(1, keepdim=True)
        normalized: Tensor = self.cmn(features)
        return normalized


class FeatureEmbedder(nn.Module):
    """The network alone."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, frames, mel), normalised, to (batch, dim)."""
        embedding: Tensor = self.network(features)
        return embedding


class WaveformEmbedder(nn.Module):
    """Front end and network."""

    def __init__(self, front_end: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.front_end, self.network = front_end, network

    def forward(self, waveform: Tensor) -> Tensor:
        """Map (batch, samples) in [-1, 1] to (batch, dim)."""
        embedding: Tensor = self.network(self.front_end(waveform))
        return embedding


def make_graph(model: ExportedModel, source: InputName) -> nn.Module:
    """Return the module that maps ``source`` to embeddings, in eval mode and without gradients.

    Raises UserError where the model has no such input.
    """
    network, options = model.network, model.options
    if source == "features":
        if options is None:
            raise UserError(f"{model.name}: its network reads waveforms; expected --from waveform")
        return _frozen(FeatureEmbedder(network))
    if options is None:
        return _frozen(WaveformEmbedder(nn.Identity(), network))
    if isinstance(options, MfccOptions):
        raise UserError(f"{model.name}: MFCC are not exported; expected --from features")
    front_end = ExportedFrontEnd(options, model.cmn_window, model.dither_seed)
    return _frozen(WaveformEmbedder(front_end, network))


def _frozen(module: nn.Module) -> nn.Module:
    return module.eval().requires_grad_(False)


def dither_noise(amount: float, seed: int) -> Float32:
    """Return the noise (DITHER_SAMPLES,) that is repeated over every waveform, in its 16-bit scale.

    It has the distribution of Kaldi's dither.
    """
    if not amount:
        return np.zeros(DITHER_SAMPLES, dtype=np.float32)
    return add_dither(np.zeros(DITHER_SAMPLES, dtype=np.float32), amount, seed)


def with_noise(samples: Float32, options: FbankOptions, seed: int) -> Float32:
    """Return ``samples`` (samples,) in their 16-bit scale with the same noise, for comparison."""
    return samples + np.resize(dither_noise(options.dither, seed), len(samples))


def without_dither(options: FbankOptions) -> FbankOptions:
    """Return the same options for a waveform that has its noise already."""
    return replace(options, dither=0.0)
