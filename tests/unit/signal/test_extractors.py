"""Which extractor a configuration means, and how many values a frame has."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.signal.extractors import make_extractor, num_values, read_feature_options
from speakernet.signal.fbank import Fbank
from speakernet.signal.options import FbankOptions, MfccOptions
from tests.recordings import speech_like

WAVEFORM = speech_like(9000, 3).astype(np.float32)


def test_the_name_says_the_type(repository: Path, tmp_path: Path) -> None:
    values = [num_values(read_feature_options(repository / f"conf/{name}.conf"))
              for name in ("fbank80", "fbank40")]  # fmt: skip
    assert values == [80, 40]
    assert isinstance(read_feature_options(repository / "conf/mfcc.conf"), MfccOptions)
    other = tmp_path / "plp13.conf"
    other.write_text("")
    with pytest.raises(UserError, match=r"plp13\.conf: expected a name that begins with fbank or"):
        read_feature_options(other)


@pytest.mark.parametrize(
    "options",
    [
        FbankOptions(num_mel_bins=20, use_energy=True),
        FbankOptions(num_mel_bins=20),
        MfccOptions(num_ceps=7),
    ],
)
def test_a_frame_has_as_many_values(options: FbankOptions | MfccOptions) -> None:
    features = make_extractor(options)(WAVEFORM, seed=1)
    assert features.shape == (options.num_frames(len(WAVEFORM)), num_values(options))


def test_the_mean_is_subtracted_on_request() -> None:
    plain = Fbank(FbankOptions())(WAVEFORM, seed=9)
    features = make_extractor(FbankOptions(subtract_mean=True))(WAVEFORM, seed=9)
    np.testing.assert_array_equal(features, plain - plain.mean(axis=0))
    assert make_extractor(FbankOptions(subtract_mean=True))(WAVEFORM[:10], seed=0).shape == (0, 23)
