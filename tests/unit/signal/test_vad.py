"""Energy VAD in corners that the golden data do not have."""

import numpy as np
import pytest

from speakernet.signal.options import VadOptions
from speakernet.signal.vad import energy_vad


@pytest.mark.parametrize(("num_loud", "proportion"), [(1, 0.2), (2, 0.4), (3, 0.6), (4, 0.8)])
def test_an_exact_proportion_is_compared_in_float32(num_loud: int, proportion: float) -> None:
    """Kaldi multiplies floats: 5 * 0.6f rounds to 3, in double precision it is more."""
    options = VadOptions(
        vad_energy_threshold=5.0,
        vad_energy_mean_scale=0.0,
        vad_frames_context=2,
        vad_proportion_threshold=proportion,
    )
    features = np.zeros((5, 3), dtype=np.float32)
    features[:num_loud, 0] = 10.0
    enough = np.float32(5) * np.float32(proportion) <= np.float32(num_loud)
    assert energy_vad(features, options)[2] == float(enough)
    assert enough
