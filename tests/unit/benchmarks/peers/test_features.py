"""What the benchmarks measure beside this package computes the same thing."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.peers.features import native_fbank, torchaudio_fbank
from speakernet.arrays import Float32
from speakernet.signal.fbank import fbank
from speakernet.signal.options import FbankOptions


@pytest.mark.parametrize("make", [native_fbank, torchaudio_fbank])
def test_peers_compute_the_same_features(make: Callable[[], Callable[[Float32], Float32]]) -> None:
    generator = np.random.default_rng(0)
    waveform = (3000 * generator.standard_normal(20_000)).astype(np.float32)
    expected = fbank(waveform, FbankOptions(num_mel_bins=80))
    # Loud noise: dither of one step changes nothing to speak of.
    np.testing.assert_allclose(make()(waveform), expected, rtol=0, atol=0.1)
