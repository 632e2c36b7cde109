"""Kaldi's energy-based voice activity decision (compute-vad, ComputeVadEnergy).

A frame counts as speech if, of the frames at most ``context`` away, at least the given proportion
has a log energy above ``threshold + mean_scale · (mean log energy of the utterance)``.
"""

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.options import VadOptions


def energy_vad(features: Float32, options: VadOptions) -> Float32:
    """Return 1 for speech and 0 for silence, (frames,); column 0 of ``features`` is log energy."""
    count = len(features)
    if count == 0:
        return np.zeros(0, dtype=np.float32)
    energy = features[:, 0]
    mean = np.float32(energy.sum(dtype=np.float32) / np.float32(count))
    threshold = options.vad_energy_threshold + options.vad_energy_mean_scale * mean
    loud = np.concatenate(([0], np.cumsum(energy > np.float32(threshold))))
    index = np.arange(count)
    start = np.maximum(index - options.vad_frames_context, 0)
    end = np.minimum(index + options.vad_frames_context + 1, count)
    proportion = np.float32(options.vad_proportion_threshold)
    # In float32, as Kaldi compares: 3 of 5 frames are not 0.6 of them to the last digit.
    enough = (end - start).astype(np.float32) * proportion
    return (loud[end] - loud[start] >= enough).astype(np.float32)
