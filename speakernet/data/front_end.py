"""Features of training crops on the device of the network: waveforms in, normalised crops out.

``KaldiFbank`` is ``speakernet.signal.fbank`` for batches; ``FeatureFrontEnd`` adds the sliding mean
of ``speakernet.data.cmn`` and the masks of ``speakernet.data.spec_augment``. No step depends on the
settings of autocast or of TF32. Spectra come from a real FFT: as a matrix product, they took 12
times as long on a CPU, and would need the TF32 of the whole process switched off, as rounding to 10
bits is far from small where a spectrum is. The product with the mel filters is float64 instead,
which nothing rounds; as few of the weights are used, it costs little even where float64 is slow.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from speakernet.data.spec_augment import apply_masks
from speakernet.nn.layers.precision import without_autocast
from speakernet.nn.layers.tracing import is_traced
from speakernet.signal.mel import mel_filters
from speakernet.signal.options import FbankOptions
from speakernet.signal.spectrum import EPSILON
from speakernet.signal.window import window_function

_EPSILON = float(EPSILON)
# Frames of a block: on a CPU its spectra stay in the cache, elsewhere they take about 1 GB.
_CPU_BLOCK = 1024
_DEVICE_BLOCK = 1 << 16
# The filters are applied in bands of this many mel bins, which skips most of their zeros.
_BAND = 16


class KaldiFbank(nn.Module):
    """Log mel filter banks of a batch, equal to ``signal.fbank`` without dither.

    To 1e-4 for 99 % of the values, and to 1e-3 where a mel bin is less than 80 dB below the loudest
    of its frame; what is left of quieter ones in float32 differs on both sides.

    Dither belongs to the waveform. There are no weights: nothing is trained or stored.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, options: FbankOptions) -> None:
        """Compute the tables for ``options``. Raises UserError for mel bins that are too narrow."""
        super().__init__()
        self.options = options
        self.dim = options.num_mel_bins + options.use_energy
        self._window = torch.from_numpy(window_function(options))
        self._filters = torch.from_numpy(mel_filters(options))
        self._bands = list(_bands(self._filters))
        self.register_buffer("window", self._window, persistent=False)
        self.register_buffer("filters", self._filters, persistent=False)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Move the tables, but do not round them: ``half()`` of a whole network is not for them."""
        super()._apply(fn, recurse)
        self.window = self._window.to(self.window.device)
        self.filters = self._filters.to(self.filters.device)
        return self

    @torch.no_grad()
    def forward(self, waveforms: Tensor) -> Tensor:
        """Return features (batch, frames, dim), float32, of ``waveforms`` (batch, samples).

        Samples are in the scale of 16-bit integers, of any type. There are
        ``options.num_frames(samples)`` frames: none where that is shorter than a window.
        """
        with without_autocast(waveforms):
            frames = self._frames(waveforms.float())
            if is_traced():  # sizes may be symbols
                return self._features(frames)
            features = frames.new_empty((*frames.shape[:2], self.dim))
            for rows, times in _blocks(frames):
                features[rows, times] = self._features(frames[rows, times])
        return features

    def _frames(self, waveforms: Tensor) -> Tensor:
        """Return a view (batch, frames, window size) of the samples, with reflected ends."""
        options, num_samples = self.options, waveforms.shape[1]
        size, shift = options.window_size, options.window_shift
        count = options.num_frames(num_samples)
        if not count:
            return waveforms.new_empty((len(waveforms), 0, size))
        if not options.snip_edges:
            start = shift // 2 - size // 2
            stop = start + (count - 1) * shift + size
            places = torch.arange(start, stop, device=waveforms.device)
            period = torch.full_like(places, 2 * num_samples)  # ONNX has no remainder by a size
            places = places.remainder(period)
            waveforms = waveforms[:, torch.minimum(places, period - 1 - places)]
        return waveforms.unfold(1, size, shift)

    def _features(self, frames: Tensor) -> Tensor:
        """Return features (…, dim) of ``frames`` (…, window size)."""
        options = self.options
        centered = frames - frames.mean(-1, keepdim=True) if options.remove_dc_offset else frames
        padded = self._windowed(centered)
        mel = self._mel_energies(padded)
        if options.use_log_fbank:
            mel = mel.clamp_min_(max(_EPSILON, options.mel_floor)).log_()
        if not options.use_energy:
            return mel
        windowed = padded[..., : options.window_size]
        energy = _log_energy(centered if options.raw_energy else windowed, options.energy_floor)
        return torch.cat((mel, energy) if options.htk_compat else (energy, mel), dim=-1)

    def _windowed(self, frames: Tensor) -> Tensor:
        """Return window · (x[n] - c·x[n-1]) with zeros behind; x[-1] is x[0], as in Kaldi."""
        size, coefficient = self.options.window_size, self.options.preemphasis_coefficient
        if is_traced():  # a graph without writing to slices, which takes many nodes
            before = torch.cat((frames[..., :1], frames[..., :-1]), dim=-1)
            windowed = (frames - before * coefficient) * self.window
            return functional.pad(windowed, (0, self.options.padded_size - size))
        padded = frames.new_zeros((*frames.shape[:-1], self.options.padded_size))
        torch.sub(frames[..., 1:], frames[..., :-1] * coefficient, out=padded[..., 1:size])
        torch.mul(frames[..., 0], 1 - coefficient, out=padded[..., 0])
        padded[..., :size] *= self.window
        return padded

    def _mel_energies(self, padded: Tensor) -> Tensor:
        squares = torch.view_as_real(torch.fft.rfft(padded)).square_()
        power = squares[..., 0] + squares[..., 1]
        if not self.options.use_power:
            power.sqrt_()
        dtype = _product_type(power.device)
        power, filters = power.to(dtype), self.filters.to(dtype)
        if is_traced():
            return (power[..., : len(filters)] @ filters).float()
        bands = [power[..., used] @ filters[used, bins] for used, bins in self._bands]
        return torch.cat(bands, dim=-1).float()


class WaveformBatch(NamedTuple):
    """Crops whose features are computed on their device: the arguments of ``FeatureFrontEnd``."""

    waveforms: Tensor
    spans: Tensor
    masks: Tensor


class FeatureFrontEnd(nn.Module):
    """Crops of features from a batch of waveforms: filter bank, sliding mean, masks.

    Equal to a crop of the normalised utterance, as ``speakernet.data.feature_crops`` reads them
    from an archive without compression, as closely as ``KaldiFbank`` is. ``cmn_window``: frames of
    the sliding mean that is subtracted; None leaves it in. ``num_frames``: of a crop.
    """

    def __init__(self, options: FbankOptions, cmn_window: int | None, num_frames: int) -> None:
        super().__init__()
        # Samples beyond the utterance's ends, without snip_edges, are the reader's.
        self.fbank = KaldiFbank(replace(options, snip_edges=True))
        self.dim = self.fbank.dim
        self.cmn_window = cmn_window
        self.num_frames = num_frames

    @torch.no_grad()
    def forward(self, waveforms: Tensor, spans: Tensor, masks: Tensor | None = None) -> Tensor:
        """Return crops (batch, num_frames, dim), float32. Nothing waits for the device.

        ``waveforms`` (batch, samples), in the scale of 16-bit integers: the samples of each
        utterance's frames from ``first`` on, up to the last that ``cmn.context`` asks for, then
        zeros. Where ``snip_edges`` is false, a frame's samples include reflected ones.

        ``spans``, int64 (batch, 4), holds for each utterance ``first``; ``start``, the frame at
        which the crop begins; the number of frames of the whole utterance; ``begin``, the frame of
        the crop at which the utterance begins. An utterance that is longer than the crop has a
        ``begin`` of 0, a shorter one a ``start`` of 0, and zeros before and behind.

        ``masks``: as ``apply_masks`` takes them, or None. Frames that ``waveforms`` does not have
        are NaN, as to raise an error would be to wait.
        """
        with without_autocast(waveforms):
            crops = self._crops(self.fbank(waveforms), spans)
            return crops if masks is None else apply_masks(crops, masks)

    def _crops(self, features: Tensor, spans: Tensor) -> Tensor:
        """Return crops of ``features`` (batch, frames, dim), normalised."""
        first, start, total, begin = spans.unsqueeze(2).unbind(1)
        places = torch.arange(self.num_frames, device=features.device) - begin
        is_inside = (places >= 0) & (places < total)
        frames = torch.minimum(start + places, total - 1)
        crops, is_there = _take(features, frames - first), _has(features, frames - first, 1)
        if self.cmn_window is not None:
            length = total.clamp(1, self.cmn_window)
            window = torch.minimum(frames - self.cmn_window // 2, total - length).clamp_min(0)
            crops -= _means(features, window - first, length)
            is_there &= _has(features, window - first, length)
        other = torch.where(is_inside, torch.nan, 0.0)
        return torch.where((is_inside & is_there).unsqueeze(2), crops, other.unsqueeze(2))


def _has(features: Tensor, lower: Tensor, length: Tensor | int) -> Tensor:
    """Return (batch, time): are ``length`` frames from ``lower`` on among ``features``?"""
    return (lower >= 0) & (lower + length <= features.shape[1])


def _means(features: Tensor, lower: Tensor, length: Tensor) -> Tensor:
    """Return the means over ``length`` (batch, 1) frames from ``lower`` (batch, time) on.

    Sums are float64: their time is that of reading and writing them, on GPUs too.
    """
    batch, count, dim = features.shape
    sums = features.new_zeros((batch, count + 1, dim), dtype=torch.float64)
    torch.cumsum(features, 1, dtype=torch.float64, out=sums[:, 1:])
    differences = _take(sums, lower + length) - _take(sums, lower)
    return (differences / length.unsqueeze(2)).float()


def _take(rows: Tensor, places: Tensor) -> Tensor:
    """Return (batch, time, dim): of each of ``rows`` (batch, frames, dim) those at ``places``.

    Places (batch, time) outside are moved to an end.
    """
    if not rows.shape[1]:  # all utterances are shorter than a window
        return rows.new_zeros((*places.shape, rows.shape[2]))
    batch, count, dim = rows.shape
    first = torch.arange(batch, device=rows.device).unsqueeze(1) * count
    flat = (places.clamp(0, count - 1) + first).flatten()
    return rows.flatten(0, 1).index_select(0, flat).view(*places.shape, dim)


def _product_type(device: torch.device) -> torch.dtype:
    """Return float64 where TF32 may round float32 products. CPUs have no TF32."""
    return torch.float32 if device.type == "cpu" else torch.float64


def _log_energy(frames: Tensor, floor: float) -> Tensor:
    energy = frames.square().sum(-1, keepdim=True).clamp_min(_EPSILON)
    return energy.clamp_min(floor).log()


def _bands(filters: Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield for neighbouring mel bins the FFT bins that they use, and the mel bins."""
    for first in range(0, filters.shape[1], _BAND):
        bins = slice(first, first + _BAND)
        used = filters[:, bins].any(dim=1).nonzero().flatten().tolist()
        yield slice(used[0], used[-1] + 1), bins


def _blocks(frames: Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield rows and times of blocks of ``frames`` (batch, frames, size) that fit into memory."""
    batch, count = frames.shape[:2]
    limit = _CPU_BLOCK if frames.device.type == "cpu" else _DEVICE_BLOCK
    num_rows = max(limit // max(count, 1), 1)
    for row in range(0, batch, num_rows):
        for time in range(0, count, limit):
            yield slice(row, row + num_rows), slice(time, time + limit)
