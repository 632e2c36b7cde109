"""Mel energies of waveforms, computed in blocks of frames that fit into a core's L2 cache.

Order of operations as in Kaldi (ProcessWindow, FbankComputer): dither, removal of the DC offset,
log energy, pre-emphasis, window, power spectrum, mel filters. float32 throughout, waveforms in the
scale of 16-bit integers.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.fft import rfft

from speakernet.arrays import Float32
from speakernet.signal.dither import add_dither
from speakernet.signal.mel import mel_filters
from speakernet.signal.options import SpectralOptions
from speakernet.signal.window import frames, window_function

EPSILON = np.finfo(np.float32).eps
# Frames per block: the buffers (about 5.5 kB per frame) then stay in the L2 cache.
BLOCK = 192
# The filter matrix is multiplied in this many bands of mel bins, which skips most of its zeros.
NUM_BANDS = 4


class _Band(NamedTuple):
    """Neighbouring mel bins (``outputs``), the FFT bins that they use (``inputs``), the weights."""

    inputs: slice
    outputs: slice
    weights: Float32


class MelSpectrum:
    """Computes mel energies for one set of options; reuses its buffers, so not thread-safe."""

    def __init__(
        self, options: SpectralOptions, *, use_power: bool = True, use_energy: bool = False
    ) -> None:
        """Compute the tables.

        ``use_power`` false: magnitude instead of power spectra. ``use_energy``: log energies, too.
        """
        self.options = options
        self.use_power = use_power
        self.use_energy = use_energy
        self._window = window_function(options)
        self._bands = _split_bands(mel_filters(options))
        self._centered = np.empty((BLOCK, options.window_size), dtype=np.float32)
        self._scaled = np.empty((BLOCK, options.window_size - 1), dtype=np.float32)
        self._padded = np.zeros((BLOCK, options.padded_size), dtype=np.float32)

    def compute(self, waveform: Float32, seed: int) -> tuple[Float32, Float32 | None]:
        """Return mel energies (frames, num_mel_bins), and log energies (frames,) or None.

        ``waveform`` is (samples,); ``seed``: of the dither.
        """
        options = self.options
        if options.dither:
            waveform = add_dither(waveform, options.dither, seed)
        windows = frames(waveform, options)
        mel = np.empty((len(windows), options.num_mel_bins), dtype=np.float32)
        energy = np.empty(len(windows), dtype=np.float32) if self.use_energy else None
        for block in _blocks(len(windows)):
            magnitudes = self._magnitudes(windows[block], energy, block)
            power = np.square(magnitudes, out=magnitudes) if self.use_power else magnitudes
            for band in self._bands:
                np.matmul(power[:, band.inputs], band.weights, out=mel[block, band.outputs])
        return mel, energy

    def _magnitudes(self, windows: Float32, energy: Float32 | None, block: slice) -> Float32:
        count = len(windows)
        centered, padded = self._centered[:count], self._padded[:count]
        if self.options.remove_dc_offset:
            np.subtract(windows, windows.mean(axis=1, keepdims=True), out=centered)
        else:
            np.copyto(centered, windows)
        windowed = padded[:, : self.options.window_size]
        if energy is not None and self.options.raw_energy:
            energy[block] = _log_energy(centered)
        self._emphasize(centered, windowed)
        np.multiply(windowed, self._window, out=windowed)
        if energy is not None and not self.options.raw_energy:
            energy[block] = _log_energy(windowed)
        return np.abs(rfft(padded, overwrite_x=False))

    def _emphasize(self, centered: Float32, out: Float32) -> None:
        """Write pre-emphasised frames, x[n] - c·x[n-1], to ``out``; x[-1] is x[0], as in Kaldi."""
        coefficient = np.float32(self.options.preemphasis_coefficient)
        scaled = self._scaled[: len(centered)]
        np.multiply(centered[:, :-1], coefficient, out=scaled)
        np.subtract(centered[:, 1:], scaled, out=out[:, 1:])
        np.multiply(centered[:, 0], np.float32(1) - coefficient, out=out[:, 0])


def _log_energy(windows: Float32) -> Float32:
    energy = np.einsum("ij,ij->i", windows, windows)
    return np.log(np.maximum(energy, EPSILON))


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))


def _split_bands(filters: Float32) -> list[_Band]:
    """Split the filters (FFT bins, mel bins) into bands of neighbouring mel bins."""
    bands = []
    for bins in np.array_split(np.arange(filters.shape[1]), NUM_BANDS):
        if not len(bins):
            continue
        outputs = slice(int(bins[0]), int(bins[-1]) + 1)
        used = np.flatnonzero(filters[:, outputs].any(axis=1))
        inputs = slice(int(used[0]), int(used[-1]) + 1)
        bands.append(_Band(inputs, outputs, np.ascontiguousarray(filters[inputs, outputs])))
    return bands
