"""Scores of wespeaker's code: tests/golden/scoring/wespeaker.npz."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speakernet.backend.calibration import fit_calibration
from speakernet.backend.cohort import speaker_means
from speakernet.backend.config import PldaConfig, ScoringConfig
from speakernet.backend.cosine import length_norm
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.backend.plda import train_plda
from speakernet.backend.quality import trial_features
from speakernet.backend.scoring import PldaScorer, Scorer
from speakernet.kaldi.trials import Trials, read_trials

Arrays = dict[str, np.ndarray[Any, Any]]
NUM_TRIALS = 800


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "tests" / "golden" / "scoring"


@pytest.fixture(scope="module")
def given(folder: Path) -> Arrays:
    with np.load(folder / "scoring.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Arrays:
    with np.load(folder / "wespeaker.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def trials(folder: Path) -> Trials:
    every = read_trials(folder / "trials.txt")
    return Trials(every.enroll[:NUM_TRIALS], every.test[:NUM_TRIALS], every.is_target[:NUM_TRIALS])


def table_of(given: Arrays) -> EmbeddingTable:
    rows = {str(name): row for row, name in enumerate(given["utts"])}
    return EmbeddingTable("golden", rows, given["embeddings"])


def speakers_of(given: Arrays) -> dict[str, str]:
    return {str(name): str(name).split("-")[0] for name in given["cohort_utts"]}


def test_mean_subtraction_and_asnorm(given: Arrays, theirs: Arrays, trials: Trials) -> None:
    mean = given["cohort"].mean(axis=0, dtype=np.float64)
    utt2spk = speakers_of(given)
    blocks = [(list(utt2spk), given["cohort"])]
    _, cohort = speaker_means(blocks, utt2spk, mean, as_they_are=True)
    config = ScoringConfig(
        top_n=20, subtract_mean=True, cohort="raw_speakers", renormalize_cohort=True
    )
    scorer = Scorer(table_of(given), config, mean=mean)
    pairs = scorer.pairs(trials.enroll, trials.test, "trials")
    statistics = scorer.statistics([pairs], length_norm(cohort))
    scores = scorer.normalized(scorer.similarity(pairs), pairs, statistics)
    means = np.stack([statistics.mean[pairs.left], statistics.mean[pairs.right]], axis=1)
    np.testing.assert_allclose(scores, theirs["asnorm"], atol=1e-5)
    np.testing.assert_allclose(means, theirs["cohort_mean"], atol=5.1e-5)


def test_plda_converges_to_theirs(given: Arrays, theirs: Arrays, trials: Trials) -> None:
    """Both climb to the maximum of one likelihood; theirs starts at B = W = I."""
    _, numbers = np.unique(list(speakers_of(given).values()), return_inverse=True)
    config = PldaConfig(length_norm=False, iterations=2000)
    plda = train_plda(lambda: [(given["cohort"], numbers)], 60, config)
    scores = PldaScorer(table_of(given), plda).scores(trials.enroll, trials.test, "trials")
    np.testing.assert_allclose(scores, theirs["plda"], atol=2e-4)


def features_of(theirs: Arrays, trials: Trials, qualities: tuple[str, ...]) -> np.ndarray[Any, Any]:
    tables = {}
    for name in qualities:
        both = theirs[name].tolist()
        sides = zip(trials.enroll, trials.test, both, strict=True)
        tables[name] = {i: v for a, b, (x, y) in sides for i, v in ((a, x), (b, y))}
    return trial_features({"asnorm": theirs["asnorm"]}, tables, trials)[1]


@pytest.mark.parametrize(
    ("name", "qualities"), [("calibrated", ()), ("qmf", ("magnitude", "cohort_mean"))]
)
def test_calibration_is_the_optimum_of_their_cost(
    theirs: Arrays, trials: Trials, name: str, qualities: tuple[str, ...]
) -> None:
    features = features_of(theirs, trials, qualities)
    names = tuple(map(str, range(features.shape[1])))
    found = fit_calibration(features[::2], trials.is_target[::2], names, 0.5)
    np.testing.assert_allclose(found.apply(features[1::2]), theirs[name], atol=1e-6)
