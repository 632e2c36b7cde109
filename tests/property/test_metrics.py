"""Metrics against slow obvious versions, and what must hold for any scores."""

import random

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from speakernet.metrics.bootstrap import Runs
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf, c_det, min_dcf
from speakernet.metrics.definitions import definitions
from speakernet.metrics.det import det_curve, eer
from tests import reference_metrics as slow

TOLERANCE = 1e-12
QUICK = settings(max_examples=100)

Case = tuple[list[float], list[bool]]

# Scores on a coarse grid are often equal; others hardly ever.
grid = st.integers(-4, 4).map(lambda n: n / 2)
fine = st.floats(-20, 20, allow_nan=False).map(lambda x: round(x, 6))
points = st.builds(
    OperatingPoint,
    p_target=st.floats(0.001, 0.999),
    c_miss=st.floats(0.1, 10),
    c_fa=st.floats(0.1, 10),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw at least one trial of each kind."""
    score = draw(st.sampled_from([grid, fine]))
    targets = draw(st.lists(score, min_size=1, max_size=12))
    others = draw(st.lists(score, min_size=1, max_size=12))
    trials = [(s, True) for s in targets] + [(s, False) for s in others]
    mixed = draw(st.permutations(trials))
    return [s for s, _ in mixed], [t for _, t in mixed]


@QUICK
@given(cases())
def test_eer_equals_slow(case: Case) -> None:
    assert abs(eer(det_curve(*case)) - slow.eer(*case)) < TOLERANCE


@QUICK
@given(cases(), points)
def test_min_dcf_equals_slow(case: Case, point: OperatingPoint) -> None:
    assert abs(min_dcf(det_curve(*case), point) - slow.min_dcf(*case, point)) < TOLERANCE


@QUICK
@given(cases(), points)
def test_act_dcf_equals_slow(case: Case, point: OperatingPoint) -> None:
    assume(all(abs(score - point.bayes_threshold) > 1e-9 for score in case[0]))
    assert abs(act_dcf(*case, point) - slow.act_dcf(*case, point)) < 1e-9


@QUICK
@given(cases(), points, grid)
def test_c_det_equals_slow(case: Case, point: OperatingPoint, threshold: float) -> None:
    expected = slow.cost(*slow.rates(*case, threshold), point)
    assert abs(c_det(*case, point, threshold) - expected) < 1e-9


@QUICK
@given(cases())
def test_cllr_equals_slow(case: Case) -> None:
    assert abs(cllr(*case) - slow.cllr(*case)) < 1e-9


@QUICK
@given(cases())
def test_min_cllr_equals_slow(case: Case) -> None:
    assert abs(min_cllr(*case) - slow.min_cllr(*case)) < 1e-9


@QUICK
@given(cases(), points)
def test_order_of_costs(case: Case, point: OperatingPoint) -> None:
    lowest = min_dcf(det_curve(*case), point)
    assert 0 <= lowest <= min(1.0, act_dcf(*case, point)) + TOLERANCE
    assert -TOLERANCE <= min_cllr(*case) <= min(1.0, cllr(*case)) + 1e-9


@QUICK
@given(cases(), points, st.sampled_from(["cube", "exp", "affine", "rank"]))
def test_unchanged_by_monotone_maps(case: Case, point: OperatingPoint, kind: str) -> None:
    scores = np.round(np.array(case[0]), 6)
    maps = {
        "cube": scores**3,
        "exp": np.exp(scores / 4),
        "affine": 3.5 * scores - 7,
        "rank": np.unique(scores, return_inverse=True)[1].astype(float),
    }
    mapped = maps[kind]
    assume(len(np.unique(mapped)) == len(np.unique(scores)))
    before, after = det_curve(scores, case[1]), det_curve(mapped, case[1])
    assert eer(before) == eer(after)
    assert min_dcf(before, point) == min_dcf(after, point)
    assert abs(min_cllr(scores, case[1]) - min_cllr(mapped, case[1])) < TOLERANCE


@QUICK
@given(cases(), st.randoms(use_true_random=False))
def test_order_of_trials_does_not_matter(case: Case, generator: random.Random) -> None:
    trials = list(zip(*case, strict=True))
    generator.shuffle(trials)
    shuffled = [s for s, _ in trials], [t for _, t in trials]
    assert eer(det_curve(*case)) == eer(det_curve(*shuffled))
    assert min_cllr(*case) == min_cllr(*shuffled)


@QUICK
@given(cases(), points)
def test_swapping_the_classes_mirrors(case: Case, point: OperatingPoint) -> None:
    mirrored = [-s for s in case[0]], [not t for t in case[1]]
    swapped = OperatingPoint(1 - point.p_target, point.c_fa, point.c_miss)
    assert abs(eer(det_curve(*case)) - eer(det_curve(*mirrored))) < TOLERANCE
    difference = min_dcf(det_curve(*case), point) - min_dcf(det_curve(*mirrored), swapped)
    assert abs(difference) < 1e-9


@QUICK
@given(cases(), points)
def test_definitions_agree_where_they_must(case: Case, point: OperatingPoint) -> None:
    scores, labels = np.array(case[0]), np.array(case[1])
    own = definitions.get("speakernet")
    for name in ("voxsrc2020", "voxsrc"):
        other = definitions.get(name)
        step = 1 / min(labels.sum(), (~labels).sum())
        if len(np.unique(scores)) == len(scores):  # without ties all see the same thresholds
            assert abs(other.eer(scores, labels) - own.eer(scores, labels)) <= step + 1e-12
        if name == "voxsrc2020":
            difference = other.min_dcf(scores, labels, point) - own.min_dcf(scores, labels, point)
            assert abs(difference) < 1e-9


@QUICK
@given(st.data())
def test_runs_equal_written_out_trials(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 20))
    score = data.draw(st.sampled_from([grid, fine]))
    scores = data.draw(st.lists(score, min_size=size, max_size=size))
    speakers = st.lists(st.integers(0, 3), min_size=size, max_size=size)
    left, right = np.array(data.draw(speakers)), np.array(data.draw(speakers))
    counts = np.array(data.draw(st.lists(st.integers(0, 2), min_size=4, max_size=4)))
    repeated = slow.repeated_trials(scores, left.tolist(), right.tolist(), counts.tolist())
    assume(True in repeated[1] and False in repeated[1])
    labels = left == right
    assume(labels.any() and not labels.all())
    runs = Runs.of(scores, labels)
    weights = np.where(labels, counts[left], counts[left] * counts[right])[runs.order]
    curve = runs.curve(weights)
    assert abs(eer(curve) - slow.eer(*repeated)) < TOLERANCE
    point = OperatingPoint(0.05)
    assert abs(min_dcf(curve, point) - slow.min_dcf(*repeated, point)) < TOLERANCE
