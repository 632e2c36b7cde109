"""Figures under draws of speakers, and their differences."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.metrics.dcf import OperatingPoint
from speakernet.report.draws import Draws, draw_figures, speaker_numbers

POINTS = {"0.05": OperatingPoint(0.05), "0.2": OperatingPoint(0.2)}


def _draws(trials: Trials, noise: float, seed: int = 0) -> Draws:
    generator = np.random.default_rng(1)
    scores = 3.0 * trials.is_target + noise * generator.normal(size=len(trials))
    utt2spk = {name: name[:2] for name in (*trials.enroll, *trials.test)}
    draws = draw_figures(scores, trials, POINTS, utt2spk, num_draws=30, seed=seed)
    assert draws
    return draws


def test_speakers_by_number(trials_path: Path) -> None:
    trials = read_trials(trials_path)
    utt2spk = {name: name[:2] for name in (*trials.enroll, *trials.test)}
    enroll, test = speaker_numbers(trials, utt2spk)
    assert ((enroll == test) == trials.is_target).all()
    with pytest.raises(UserError, match="'s0-00' is not in utt2spk"):
        speaker_numbers(trials, {"x": "y"})


def test_intervals_of_all_figures(trials_path: Path) -> None:
    draws = _draws(read_trials(trials_path), 1.5)
    found = draws.intervals()
    low, high = found["eer_interval"]
    assert 0 < low < 100 * draws.estimates[0] < high < 100 and found["bootstrap"] == 30
    for kind, first in (("min_dcf_interval", 1), ("act_dcf_interval", 3)):
        assert list(found[kind]) == ["0.05", "0.2"]
        for figure, (low, high) in enumerate(found[kind].values(), first):
            assert 0 < low < draws.estimates[figure] < high


def test_a_difference_is_that_of_pairs(trials_path: Path) -> None:
    trials = read_trials(trials_path)
    better, worse = _draws(trials, 1.0), _draws(trials, 1.3)
    difference, low, high = worse.minus(better, 0)
    assert difference == worse.estimates[0] - better.estimates[0] and low < difference < high
    # The same draws make the same errors: they tell more than two independent intervals.
    other, other_low, other_high = worse.minus(_draws(trials, 1.0, seed=1), 0)
    assert other == difference and high - low < other_high - other_low
    assert better.minus(better, 0) == (0, 0, 0)
