"""Framing of waveforms, and window functions, equal to Kaldi's (feature-window.cc)."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from speakernet.arrays import Float32
from speakernet.signal.options import SpectralOptions


def window_function(options: SpectralOptions) -> Float32:
    """Return the window (window_size,); ``povey`` is a Hann window raised to the power 0.85."""
    phase = 2 * np.pi * np.arange(options.window_size) / (options.window_size - 1)
    kind = options.window_type
    if kind == "hanning":
        window = 0.5 - 0.5 * np.cos(phase)
    elif kind == "sine":
        window = np.sin(0.5 * phase)
    elif kind == "hamming":
        window = 0.54 - 0.46 * np.cos(phase)
    elif kind == "povey":
        window = (0.5 - 0.5 * np.cos(phase)) ** 0.85
    elif kind == "blackman":
        coefficient = options.blackman_coeff
        window = coefficient - 0.5 * np.cos(phase) + (0.5 - coefficient) * np.cos(2 * phase)
    else:
        window = np.ones(options.window_size)
    return window.astype(np.float32)


def frames(waveform: Float32, options: SpectralOptions) -> Float32:
    """Return a read-only view (frames, window_size) of ``waveform`` (samples,).

    Without ``snip_edges`` there are round(samples / shift) frames, centred on multiples of the
    shift, and the waveform is reflected at both ends.
    """
    count = options.num_frames(len(waveform))
    size, shift = options.window_size, options.window_shift
    if not options.snip_edges and count:
        waveform = _reflect(waveform, count, options)
    step = waveform.itemsize
    return as_strided(waveform, (count, size), (shift * step, step), writeable=False)


def _reflect(waveform: Float32, count: int, options: SpectralOptions) -> Float32:
    start = options.window_shift // 2 - options.window_size // 2
    end = start + (count - 1) * options.window_shift + options.window_size
    # The reflection repeats the edge sample: x[-1] is x[0], x[-2] is x[1]; likewise at the end.
    before, after = max(-start, 0), max(end - len(waveform), 0)
    return np.ascontiguousarray(
        np.pad(waveform, (before, after), mode="symmetric")[max(start, 0) :]
    )
