"""Sliding-window cepstral mean normalisation, equal to Kaldi's apply-cmvn-sliding.

    y[t] = x[t] - mean(x[a:b]),  a = t - window // 2, b = a + window

A window that would extend beyond an end of the utterance is shifted inside; one that is longer than
the utterance is the utterance (SlidingWindowCmn, ``--center=true``). Sums are float64, the result
is float32.
"""

import numpy as np

from speakernet.arrays import Float32, Float64, Int64

_BLOCK = 4096  # frames; the float64 values of all of a recording of hours would be gigabytes


def sliding_cmn(features: Float32, window: int = 300) -> Float32:
    """Return ``features`` (frames, dim) minus the mean over a window of frames centred on each.

    Variances are not normalised.
    """
    count = len(features)
    sums = np.zeros((count + 1, features.shape[1]))
    np.cumsum(features, axis=0, dtype=np.float64, out=sums[1:])
    start = np.clip(np.arange(count) - window // 2, 0, max(count - window, 0))
    end = np.minimum(start + window, count)
    return _subtract_means(features, sums, start, end)


def _subtract_means(
    features: Float32,
    sums: Float64,
    start: Int64,
    end: Int64,
) -> Float32:
    normalized = np.empty(features.shape, dtype=np.float32)
    for first in range(0, len(features), _BLOCK):
        rows = slice(first, first + _BLOCK)
        means = (sums[end[rows]] - sums[start[rows]]) / (end[rows] - start[rows])[:, None]
        normalized[rows] = features[rows] - means
    return normalized
