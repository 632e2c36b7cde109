"""Cosine, normalisation, enrolment and distances of crops against loops over trials."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.backend.config import ScoringConfig
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.backend.scoring import Scorer
from speakernet.config import UserError

Array = NDArray[Any]

DIM, ROWS, MEMBERS = 7, 30, 25


@pytest.fixture
def table() -> EmbeddingTable:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(ROWS, DIM)).astype(np.float32)
    return EmbeddingTable("table", {f"u{row:02d}": row for row in range(ROWS)}, vectors)


@pytest.fixture
def cohort() -> Array:
    return np.random.default_rng(1).normal(size=(MEMBERS, DIM)) / 5


@pytest.fixture
def trials(table: EmbeddingTable) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(2)
    ids = list(table.rows)
    return [[ids[i] for i in generator.integers(ROWS, size=200)] for _ in range(2)]  # type: ignore[return-value]


def unit(x: Array) -> Array:
    return x.astype(np.float64) / np.sqrt((x.astype(np.float64) ** 2).sum())


def slow_cosine(table: EmbeddingTable, one: str, two: str) -> float:
    vectors = table.vectors
    return float(unit(vectors[table.rows[one]]) @ unit(vectors[table.rows[two]]))


def slow_asnorm(score: float, one: Array, two: Array, cohort: Array, top_n: int) -> float:
    total = 0.0
    for side in (one, two):
        best = sorted((float(unit(side) @ member) for member in cohort), reverse=True)[:top_n]
        mean = sum(best) / top_n
        std = (sum((b - mean) ** 2 for b in best) / top_n) ** 0.5
        total += (score - mean) / std / 2
    return total


def test_cosine_equals_slow(table: EmbeddingTable, trials: tuple[list[str], list[str]]) -> None:
    scorer = Scorer(table, ScoringConfig())
    scores = scorer.similarity(scorer.pairs(*trials, "trials"))
    expected = [slow_cosine(table, one, two) for one, two in zip(*trials, strict=True)]
    np.testing.assert_allclose(scores, expected, atol=1e-14)


@pytest.mark.parametrize(
    ("config", "top_n"),
    [
        (ScoringConfig(top_n=5), 5),
        (ScoringConfig(top_n=0.2), 5),
        (ScoringConfig(top_n=400), MEMBERS),
        (ScoringConfig(normalization="snorm", top_n=3), MEMBERS),
    ],
)
def test_normalization_equals_slow(
    table: EmbeddingTable,
    cohort: Array,
    trials: tuple[list[str], list[str]],
    config: ScoringConfig,
    top_n: int,
) -> None:
    scorer = Scorer(table, config)
    pairs = scorer.pairs(*trials, "trials")
    raw = scorer.similarity(pairs)
    scores = scorer.normalized(raw, pairs, scorer.statistics([pairs], cohort))
    rows = [(table.vectors[table.rows[a]], table.vectors[table.rows[b]])
            for a, b in zip(*trials, strict=True)]  # fmt: skip
    expected = [slow_asnorm(s, a, b, cohort, top_n) for s, (a, b) in zip(raw, rows, strict=True)]
    np.testing.assert_allclose(scores, expected, rtol=1e-9)


def test_several_enrolment_utterances(table: EmbeddingTable) -> None:
    models = {"m1": ["u00", "u01", "u02"], "m2": ["u05"]}
    enroll, test = ["m1", "m2", "m1"], ["u10", "u10", "u00"]
    rows = {name: [table.rows[u] for u in members] for name, members in models.items()}
    for combine in ("embeddings", "scores"):
        scorer = Scorer(table, ScoringConfig(enrolment=combine), models=models)
        pairs = scorer.pairs(enroll, test, "trials")
        scores = pairs.per_trial(scorer.similarity(pairs))
        for score, model, other in zip(scores, enroll, test, strict=True):
            units = np.array([unit(table.vectors[row]) for row in rows[model]])
            mean = units.mean(axis=0)
            side = unit(mean) if combine == "embeddings" else mean
            assert score == pytest.approx(side @ unit(table.vectors[table.rows[other]]))


def test_mean_subtraction(table: EmbeddingTable) -> None:
    mean = table.vectors.mean(axis=0, dtype=np.float64)
    scorer = Scorer(table, ScoringConfig(subtract_mean=True), mean=mean)
    score = scorer.similarity(scorer.pairs(["u00"], ["u01"], "trials"))[0]
    assert score == pytest.approx(unit(table.vectors[0] - mean) @ unit(table.vectors[1] - mean))


def test_crop_distance_equals_slow() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(5, 4, DIM)).astype(np.float32)
    vectors[3] = vectors[2]  # distance 0 between some crops
    crops = EmbeddingTable("crops", {f"u{i}": i for i in range(5)}, vectors)
    config = ScoringConfig(similarity="crop_distance", normalization="none")
    scorer = Scorer(crops, config)
    enroll, test = ["u0", "u2", "u4"], ["u1", "u3", "u4"]
    scores = scorer.similarity(scorer.pairs(enroll, test, "trials"))
    for score, one, two in zip(scores, enroll, test, strict=True):
        left = [unit(crop) for crop in vectors[crops.rows[one]]]
        right = [unit(crop) for crop in vectors[crops.rows[two]]]
        distances = [np.sqrt(((a - b) ** 2).sum()) for a in left for b in right]
        assert score == pytest.approx(-np.mean(distances), abs=1e-7)


def test_unknown_ids_are_named(table: EmbeddingTable) -> None:
    scorer = Scorer(table, ScoringConfig())
    with pytest.raises(UserError, match=r"list:2: 'x' has no embedding in \S+ \(2 such ids\)"):
        scorer.pairs(["u00", "x", "y"], ["u00", "u00", "u00"], "list")
    scorer = Scorer(table, ScoringConfig(), models={"m": ["u00"]})
    with pytest.raises(UserError, match="list:2: enrolment model 'u00'"):
        scorer.pairs(["m", "u00"], ["u01", "u01"], "list")
    with pytest.raises(UserError, match="^--enroll-spk2utt: model 'm': 'x' has no embedding"):
        Scorer(table, ScoringConfig(), models={"m": ["u00", "x"]})


def test_a_zero_embedding_has_no_direction(table: EmbeddingTable) -> None:
    table.vectors[4] = 0
    with pytest.raises(UserError, match="table: the embedding of 'u04' has the norm 0"):
        Scorer(table, ScoringConfig())


def test_shapes_must_fit_the_similarity(table: EmbeddingTable) -> None:
    with pytest.raises(UserError, match="compares matrices of crops"):
        Scorer(table, ScoringConfig(similarity="crop_distance", normalization="none"))
