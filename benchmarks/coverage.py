"""How often do intervals of 95 % hold the truth? Simulated speakers, whose truth is known.

    python benchmarks/coverage.py [--share 1] >table.md        # about 10 minutes on one core

A speaker has a direction and, about it, recordings that scatter more or less than others', so that
speakers differ in their error rates: at an EER of 7 % the miss rates of 17 have a coefficient of
variation of 1.3 (those of the default corpus 1.2). Scores are cosines, turned into log-likelihood
ratios by a map that is fitted to the population. A second system, which is compared with the first,
hears the same recordings with more scatter. The truth is that of 3,000 speakers. A cell says how
many of 100 intervals hold it and, behind the stroke, how many of those between the 2.5 and 97.5 %
quantiles of the draws.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from speakernet.arrays import Bool, Float64, Indices
from speakernet.metrics.bootstrap import replicates
from speakernet.metrics.dcf import OperatingPoint, act_dcf_of, min_dcf
from speakernet.metrics.det import DetCurve, det_curve, eer
from speakernet.metrics.intervals import interval

DIM, SPREAD, EXTRA = 12, 0.15, 0.35
POINT = OperatingPoint(0.05)
POPULATION, NUM_PAIRS = 3000, 2_000_000
SETTINGS = ((12, 10, 200), (17, 10, 200), (40, 6, 150), (120, 4, 80))
"""Speakers, recordings of each, and simulations."""
NUM_DRAWS = 200
KINDS = ("rate", "rate", "cost", "difference")
FIGURES = ("EER", "minDCF(0.05)", "actDCF(0.05)", "EER of two systems, difference")


class Sample(NamedTuple):
    """Trials between recordings of speakers: scores of both systems, speakers (trials,)."""

    scores: tuple[Float64, Float64]
    enroll: Indices
    test: Indices

    @property
    def is_target(self) -> Bool:
        """The labels (trials,)."""
        return self.enroll == self.test


def main() -> None:
    """Print a line of the table for each error rate, number of speakers and figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the simulations")
    share = parser.parse_args().share
    generator = np.random.default_rng(0)
    print(f"| EER % | speakers | simulations | {' | '.join(FIGURES)} |")
    print(f"|---:|---:|---:|{'---:|' * len(FIGURES)}")
    for rate in (0.01, 0.05, 0.2):
        scatter = _scatter_for(rate)
        people = _sample(POPULATION, 4, scatter, np.random.default_rng(1))
        scale = _calibration(people)
        truths = [_figures(det_curve(_llrs(s, scale), people.is_target)) for s in people.scores]
        for num_speakers, each, number in SETTINGS:
            found = [
                _simulate(_sample(num_speakers, each, scatter, generator), scale, truths)
                for _ in range(max(2, round(share * number)))
            ]
            _show(rate, num_speakers, np.array(found))


def _sample(num_speakers: int, each: int, scatter: float, generator: np.random.Generator) -> Sample:
    """Draw speakers and their recordings: all pairs, or of a population those of NUM_PAIRS."""
    directions = generator.normal(size=(num_speakers, 1, DIM))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    widths = scatter * np.exp(SPREAD * generator.normal(size=(num_speakers, 1, 1)))
    noise, other = generator.normal(size=(2, num_speakers, each, DIM))
    heard = (directions + widths * noise, directions + widths * (noise + EXTRA * other))
    left, right = _pairs(num_speakers, each, generator)
    scores = [_cosines(one.reshape(-1, DIM), left, right) for one in heard]
    return Sample((scores[0], scores[1]), left // each, right // each)


def _pairs(num_speakers: int, each: int, generator: np.random.Generator) -> tuple[Indices, Indices]:
    total = num_speakers * each
    if num_speakers < POPULATION:
        return np.triu_indices(total, 1)
    one, two = np.triu_indices(each, 1)
    first = np.arange(0, total, each)[:, None]
    left, right = generator.integers(total, size=(2, NUM_PAIRS))
    different = left // each != right // each
    return (
        np.concatenate([(first + one).ravel(), left[different]]),
        np.concatenate([(first + two).ravel(), right[different]]),
    )


def _cosines(vectors: Float64, left: Indices, right: Indices) -> Float64:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.einsum("ij,ij->i", unit[left], unit[right])


def _scatter_for(rate: float) -> float:
    """Return the scatter at which the population has this EER, by halving an interval."""
    low, high = 0.02, 1.0
    for _ in range(12):
        middle = float(np.sqrt(low * high))
        people = _sample(POPULATION, 4, middle, np.random.default_rng(2))
        is_low = eer(det_curve(people.scores[0], people.is_target)) < rate
        low, high = (middle, high) if is_low else (low, middle)
    return low


def _calibration(people: Sample) -> tuple[float, float]:
    """Return weight and offset of log-likelihood ratios, fitted at the prior of POINT."""
    from speakernet.backend.calibration import fit_calibration

    features = people.scores[0][:, None]
    fitted = fit_calibration(features, people.is_target, ("cosine",), POINT.p_target)
    return float(fitted.weights[0]), float(fitted.offset)


def _llrs(scores: Float64, scale: tuple[float, float]) -> Float64:
    return scale[0] * scores + scale[1]


def _figures(curve: DetCurve) -> list[float]:
    return [eer(curve), min_dcf(curve, POINT), act_dcf_of(curve, POINT)]


def _simulate(
    sample: Sample, scale: tuple[float, float], truths: Sequence[Sequence[float]]
) -> list[tuple[bool, bool]]:
    """Return of each of FIGURES whether its interval holds the truth, and whether quantiles do."""
    systems = [_llrs(scores, scale) for scores in sample.scores]
    first, second = (_with_draws(scores, sample) for scores in systems)
    cases = [*first.T, second[:, 0] - first[:, 0]]
    wanted = [*truths[0], truths[1][0] - truths[0][0]]
    return [
        _holds(kind, truth, case, sample)
        for kind, truth, case in zip(KINDS, wanted, cases, strict=True)
    ]


def _with_draws(scores: Float64, sample: Sample) -> Float64:
    """Return the figures of all trials, and of each draw (1 + draws, figures)."""
    draws = replicates(
        scores, sample.is_target, sample.enroll, sample.test, _figures,
        num_replicates=NUM_DRAWS, seed=0, thresholds=[POINT.bayes_threshold],
    )  # fmt: skip
    return np.array([_figures(det_curve(scores, sample.is_target)), *draws])


def _holds(kind: str, truth: float, case: Float64, sample: Sample) -> tuple[bool, bool]:
    estimate, draws = float(case[0]), case[1:]
    least = 0.0 if kind == "difference" else 0.5 / int(sample.is_target.sum())
    num_speakers = int(sample.test.max()) + 1
    low, high = interval(kind, estimate, draws, num_speakers=num_speakers, least=least)
    below, above = np.quantile(draws, [0.025, 0.975])
    return low <= truth <= high, bool(below <= truth <= above)


def _show(rate: float, num_speakers: int, found: Bool) -> None:
    """Print the shares of ``found`` (simulations, figures, 2)."""
    shares = 100 * found.mean(axis=0)
    cells = " | ".join(f"{ours:.0f} / {quantiles:.0f}" for ours, quantiles in shares)
    print(f"| {100 * rate:g} | {num_speakers} | {len(found)} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
