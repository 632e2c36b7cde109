"""Figures of a system under draws of speakers: what its intervals are made of, and differences."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from speakernet.arrays import Float64, Indices
from speakernet.config.errors import UserError
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.trials import Trials
from speakernet.metrics.bootstrap import MIN_SPEAKERS, replicates
from speakernet.metrics.dcf import OperatingPoint, act_dcf_of, min_dcf
from speakernet.metrics.det import DetCurve, SortedScores, eer
from speakernet.metrics.intervals import interval
from speakernet.work.progress import progress

logger = logging.getLogger(__name__)

Points = Mapping[str, OperatingPoint]
"""Operating points by the text of their p_target."""

FEW_SPEAKERS = 10


@dataclass(frozen=True, eq=False)
class Draws:
    """Figures of one system on one list: EER, then minDCF and actDCF of each operating point.

    estimates: (figures,) of all trials, and samples: (draws, figures), as fractions; p_targets:
    the operating points in their order; least: half an error among the target trials.
    """

    estimates: Float64
    samples: Float64
    p_targets: tuple[str, ...]
    num_speakers: int
    least: float

    def intervals(self) -> dict[str, Any]:
        """Return eer_interval (percent), min_dcf_interval and act_dcf_interval by p_target."""
        bounds = [self._interval(*figure) for figure in enumerate(self._kinds())]
        count = len(self.p_targets)
        low, high = bounds[0]
        return {
            "eer_interval": [100 * low, 100 * high],
            "min_dcf_interval": dict(zip(self.p_targets, bounds[1 : 1 + count], strict=True)),
            "act_dcf_interval": dict(zip(self.p_targets, bounds[1 + count :], strict=True)),
            "bootstrap": len(self.samples),
        }

    def _kinds(self) -> list[str]:
        count = len(self.p_targets)
        return ["rate"] * (1 + count) + ["cost"] * count

    def _interval(self, figure: int, kind: str) -> list[float]:
        return list(
            interval(
                kind, float(self.estimates[figure]), self.samples[:, figure],
                num_speakers=self.num_speakers, least=self.least,
            )
        )  # fmt: skip

    def minus(self, other: "Draws", figure: int) -> tuple[float, float, float]:
        """Return a figure less that of another system under the same draws, and its interval."""
        difference = float(self.estimates[figure] - other.estimates[figure])
        samples = self.samples[:, figure] - other.samples[:, figure]
        low, high = interval("difference", difference, samples, num_speakers=self.num_speakers)
        return difference, low, high


def draw_figures(
    scores: Float64,
    trials: Trials,
    points: Points,
    utt2spk: Mapping[str, str],
    *,
    num_draws: int,
    seed: int,
) -> Draws | None:
    """Return the figures of ``scores`` (trials,) under ``num_draws`` draws of speakers.

    None, with a warning, where there are too few speakers, as in a part of a corpus. Raises
    UserError for utterances without a speaker and for what ``replicates`` refuses.
    """
    figures = _figures_at(points)
    enroll, test = speaker_numbers(trials, utt2spk)
    num_speakers = len(np.union1d(enroll, test))
    if num_speakers < MIN_SPEAKERS:
        logger.warning(
            "the trials have %d speakers: no intervals, which need %d or more",
            num_speakers, MIN_SPEAKERS,
        )  # fmt: skip
        return None
    if num_speakers < FEW_SPEAKERS:
        logger.warning(
            "the trials have %d speakers: an interval says little with fewer than %d",
            num_speakers, FEW_SPEAKERS,
        )  # fmt: skip
    samples = replicates(
        scores, trials.is_target, enroll, test, figures, num_replicates=num_draws, seed=seed,
        thresholds=[point.bayes_threshold for point in points.values()],
    )  # fmt: skip
    drawn = np.array(list(progress(samples, num_draws, "bootstrap replicates")))
    estimates = np.array(figures(SortedScores.of(scores, trials.is_target).curve()))
    least = 0.5 / int(trials.is_target.sum())
    return Draws(estimates, drawn, tuple(points), num_speakers, least)


def _figures_at(points: Points) -> Callable[[DetCurve], Sequence[float]]:
    def figures(curve: DetCurve) -> Sequence[float]:
        lowest = [min_dcf(curve, point) for point in points.values()]
        return [eer(curve), *lowest, *(act_dcf_of(curve, point) for point in points.values())]

    return figures


def speaker_numbers(trials: Trials, utt2spk: Mapping[str, str]) -> tuple[Indices, Indices]:
    """Return the speakers of both sides as numbers (trials,). UserError for unknown utterances."""
    numbers = {speaker: n for n, speaker in enumerate(sorted(set(utt2spk.values())))}
    by_utterance = {utterance: numbers[speaker] for utterance, speaker in utt2spk.items()}
    try:
        sides = [
            np.fromiter(map(by_utterance.__getitem__, side), np.intp, len(trials))
            for side in (trials.enroll, trials.test)
        ]
    except KeyError as error:
        name = str(error.args[0])
        raise UserError(
            f"trials: '{name}' is not in utt2spk{near_miss(name, by_utterance)}"
        ) from None
    return sides[0], sides[1]
