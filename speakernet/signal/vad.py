"""Energy-based voice activity detection, equal to Kaldi's compute-vad (ComputeVadEnergy).

A frame is speech if at least ``vad_proportion_threshold`` of the frames within
``vad_frames_context`` of it have a log energy above
``vad_energy_threshold + vad_energy_mean_scale · (mean log energy of the utterance)``.
"""

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.options import VadOptions


def energy_vad(features: Float32, options: VadOptions) -> Float32:
    """Return 1 for speech and 0 for silence, (frames,).

    ``features`` is (frames, dim); its column 0 is the log energy.
    """
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
    # In float32, as in Kaldi: rounding decides cases such as 3 of 5 frames at a threshold of 0.6.
    enough = (end - start).astype(np.float32) * proportion
    return (loud[end] - loud[start] >= enough).astype(np.float32)
