"""Measures of quality as features of trials."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.quality import read_quality, trial_features, write_quality
from speakernet.config import UserError
from speakernet.kaldi.trials import Trials


def test_quality_of_trials(tmp_path: Path) -> None:
    write_quality(tmp_path / "utt2num_frames", {"b": 100.0, "a": 200.0})
    table = read_quality(tmp_path / "utt2num_frames")
    assert table == {"a": np.log(200), "b": np.log(100)}
    trials = Trials(["a", "b"], ["b", "b"], np.array([True, False]))
    names, features = trial_features({"s": np.array([1.0, 2.0])}, {"n": table}, trials)
    assert names == ("s", "n_min", "n_max")
    np.testing.assert_allclose(features[0], [1, np.log(100), np.log(200)])
    (tmp_path / "utt2norm").write_text("a 1\nb x\n")
    with pytest.raises(UserError, match="utt2norm:2: 'x'; expected a finite number"):
        read_quality(tmp_path / "utt2norm")
