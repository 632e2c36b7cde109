"""Scores and figures of voxsrc2020's own code: tests/golden/scoring."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speakernet.backend.cohort import speaker_means
from speakernet.backend.config import ScoringConfig
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.backend.scoring import Scorer
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.metrics.dcf import OperatingPoint
from speakernet.metrics.definitions import definitions

TOP_N = (10, 20, 400)


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "tests" / "golden" / "scoring"


@pytest.fixture(scope="module")
def golden(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(folder / "scoring.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def trials(folder: Path) -> Trials:
    return read_trials(folder / "trials.txt")


@pytest.fixture(scope="module")
def table(golden: dict[str, np.ndarray[Any, Any]]) -> EmbeddingTable:
    rows = {str(name): row for row, name in enumerate(golden["utts"])}
    return EmbeddingTable("golden", rows, golden["embeddings"])


def test_cosine(
    golden: dict[str, np.ndarray[Any, Any]], table: EmbeddingTable, trials: Trials
) -> None:
    scorer = Scorer(table, ScoringConfig())
    scores = scorer.similarity(scorer.pairs(trials.enroll, trials.test, "trials"))
    assert np.abs(scores - golden["cosine"]).max() < 2e-7


@pytest.mark.parametrize("top_n", TOP_N)
def test_asnorm(
    golden: dict[str, np.ndarray[Any, Any]], table: EmbeddingTable, trials: Trials, top_n: int
) -> None:
    ids = [str(name) for name in golden["cohort_utts"]]
    blocks = [(ids[:37], golden["cohort"][:37]), (ids[37:], golden["cohort"][37:])]
    _, cohort = speaker_means(blocks, {name: name.split("-")[0] for name in ids})
    scorer = Scorer(table, ScoringConfig(top_n=top_n))
    pairs = scorer.pairs(trials.enroll, trials.test, "trials")
    scores = scorer.normalized(scorer.similarity(pairs), pairs, scorer.statistics([pairs], cohort))
    assert np.abs(scores - golden[f"asnorm_top{top_n}"]).max() < 1e-5


@pytest.mark.parametrize(
    "system", ["cosine", *(f"asnorm_top{n}" for n in TOP_N), "cosine_rounded_1_decimal"]
)
def test_figures_of_voxsrc2020(
    golden: dict[str, np.ndarray[Any, Any]], folder: Path, trials: Trials, system: str
) -> None:
    expected = json.loads((folder / "scoring.json").read_text())["metrics"][system]
    rounded = np.round(golden["cosine"], 1)
    scores = golden.get(system, rounded).astype(np.float64)
    voxsrc2020 = definitions.get("voxsrc2020")
    assert voxsrc2020.eer(scores, trials.is_target) == expected["eer"]
    for p_target in (0.01, 0.05, 0.001):
        point = OperatingPoint(p_target)
        cost = voxsrc2020.min_dcf(scores, trials.is_target, point)
        assert cost == expected[f"min_dcf_{p_target}"]


@pytest.mark.parametrize("system", ["cosine", *(f"asnorm_top{n}" for n in TOP_N)])
def test_own_eer_is_within_one_trial_of_voxsrc2020(
    golden: dict[str, np.ndarray[Any, Any]], trials: Trials, system: str
) -> None:
    scores = golden[system].astype(np.float64)
    both = [
        definitions.get(name).eer(scores, trials.is_target) for name in ("speakernet", "voxsrc2020")
    ]
    assert abs(both[0] - both[1]) <= 1 / trials.is_target.sum()
