"""Calibration, fusion, quality measures, sampled trials and PLDA."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.backend.calibration import PENALTY, fit_calibration
from speakernet.backend.config import PldaConfig
from speakernet.backend.plda import train_plda
from speakernet.backend.quality import read_quality, trial_features, write_quality
from speakernet.backend.trial_drawing import draw_trials
from speakernet.bin import make_trials
from speakernet.bin.calibrate import main
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf
from speakernet.metrics.det import det_curve, eer

Array = NDArray[Any]

DIM = 6


def gaussians(seed: int, count: int, quality: float = 0.0) -> tuple[Array, Array]:
    """Scores whose log-likelihood ratio is 2 x, of as many targets as non-targets."""
    generator = np.random.default_rng(seed)
    labels = np.arange(2 * count) < count
    return generator.normal(np.where(labels, 1.0, -1.0) + quality, 1.0), labels


def test_llrs_of_gaussians_are_found() -> None:
    scores, labels = gaussians(0, 100_000)
    found = fit_calibration(scores[:, None], labels, ("x",), 0.3)
    assert found.weights[0] == pytest.approx(2, rel=0.02)
    assert found.offset == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("p_target", [0.01, 0.5])
def test_calibration_is_right_on_other_scores(p_target: float) -> None:
    training, labels = gaussians(0, 20_000)
    found = fit_calibration(0.1 * training[:, None] + 7, labels, ("x",), p_target)
    test, labels = gaussians(1, 20_000)
    llrs = found.apply(0.1 * test[:, None] + 7)
    point = OperatingPoint(0.05)
    assert act_dcf(llrs, labels, point) == pytest.approx(
        min_dcf(det_curve(llrs, labels), point), rel=0.05
    )
    assert cllr(llrs, labels) - min_cllr(llrs, labels) < 0.01
    assert act_dcf(0.1 * test + 7, labels, point) > 2  # nonsense before


def test_separable_trials_have_a_finite_map() -> None:
    scores = np.array([0.0, 0.1, 0.8, 0.9])
    found = fit_calibration(scores[:, None], scores > 0.5, ("x",), 0.5)
    assert np.isfinite(found.apply(scores[:, None])).all()
    assert eer(det_curve(found.apply(scores[:, None]), scores > 0.5)) == 0


def optimum(x: Array, labels: Array, p_target: float) -> tuple[Array, float]:
    """Newton's method from a good start, in extended precision, for standardised features."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    rows = np.column_stack([(x - mean) / scale, np.ones(len(x))]).astype(np.longdouble)
    shares = np.where(labels, p_target / labels.sum(), (1 - p_target) / (~labels).sum())
    penalty = np.append(np.full(x.shape[1], PENALTY), 0)
    start = fit_calibration(x, labels, tuple(map(str, range(x.shape[1]))), p_target)
    shift = np.log(p_target) - np.log1p(-p_target)
    weights = np.append(start.weights * scale, start.offset + start.weights @ mean)
    weights = 0.99 * weights.astype(np.longdouble)
    for _ in range(20):
        posterior = 1 / (1 + np.exp(-(rows @ weights + shift)))
        gradient = rows.T @ (shares * (posterior - labels)) + penalty * weights
        curvature = (shares * posterior * (1 - posterior))[:, None]
        hessian = (rows * curvature).T @ rows + np.diag(penalty)
        weights -= np.linalg.solve(hessian.astype(float), gradient.astype(float))
    slopes = weights[:-1] / scale
    return slopes.astype(float), float(weights[-1] - slopes @ mean)


@pytest.mark.parametrize("p_target", [1e-4, 0.05, 0.9])
@pytest.mark.parametrize("overlap", [1.0, 0.3])
def test_weights_are_the_optimum(p_target: float, overlap: float) -> None:
    generator = np.random.default_rng(5)
    labels = np.arange(3000) < 300
    common = generator.normal(size=(3000, 1))
    systems = overlap * (common + 0.3 * generator.normal(size=(3000, 3)))
    systems += np.where(labels, 1.0, -1.0)[:, None]
    systems = 7 + systems * [0.1, 1, 30]
    found = fit_calibration(systems, labels, ("a", "b", "c"), p_target)
    slopes, offset = optimum(systems, labels, p_target)
    np.testing.assert_allclose(found.weights, slopes, rtol=1e-9)
    assert found.offset == pytest.approx(offset, rel=1e-9)


def test_a_system_that_is_given_twice_shares_its_weight() -> None:
    scores, labels = gaussians(3, 2000)
    alone = fit_calibration(scores[:, None], labels, ("x",), 0.1)
    twice = fit_calibration(np.column_stack([scores, 5 - 2 * scores]), labels, ("x", "y"), 0.1)
    llrs = twice.apply(np.column_stack([scores, 5 - 2 * scores]))
    np.testing.assert_allclose(llrs, alone.apply(scores[:, None]), atol=1e-6)
    assert twice.weights[0] == pytest.approx(-2 * twice.weights[1], rel=1e-6)


def test_quality_helps_where_scores_depend_on_it() -> None:
    generator = np.random.default_rng(0)
    quality = generator.normal(size=40_000)
    labels = np.arange(40_000) % 2 == 0
    scores = generator.normal(np.where(labels, 1.0, -1.0) + 2 * quality, 1.0)
    alone = fit_calibration(scores[:, None], labels, ("x",), 0.5)
    both = np.column_stack([scores, quality])
    with_quality = fit_calibration(both, labels, ("x", "q"), 0.5)
    assert cllr(with_quality.apply(both), labels) < 0.75 * cllr(alone.apply(both[:, :1]), labels)


def test_fusion_beats_each_system() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(20_000) % 2 == 0
    systems = generator.normal(np.where(labels, 1.0, -1.0)[:, None], 1.0, (20_000, 2))
    fused = fit_calibration(systems, labels, ("a", "b"), 0.5)
    rates = [eer(det_curve(x, labels)) for x in (fused.apply(systems), *systems.T)]
    assert rates[0] < 0.6 * min(rates[1:])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.array([[1.0], [1.0]]), "'x' is the same"),
        (np.array([[1.0], [np.nan]]), "'x' is not finite"),
    ],
)
def test_useless_features_are_refused(features: Array, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fit_calibration(features, np.array([True, False]), ("x",), 0.5)


def test_quality_of_trials(tmp_path: Path) -> None:
    write_quality(tmp_path / "utt2num_frames", ["b", "a"], np.array([100.0, 200.0]))
    table = read_quality(tmp_path / "utt2num_frames")
    assert table == {"a": np.log(200), "b": np.log(100)}
    trials = Trials(["a", "b"], ["b", "b"], np.array([True, False]))
    names, features = trial_features({"s": np.array([1.0, 2.0])}, {"n": table}, trials)
    assert names == ("s", "n_min", "n_max")
    np.testing.assert_allclose(features[0], [1, np.log(100), np.log(200)])
    (tmp_path / "utt2norm").write_text("a 1\nb x\n")
    with pytest.raises(UserError, match="utt2norm:2: 'x'; expected a number"):
        read_quality(tmp_path / "utt2norm")


def test_drawn_trials() -> None:
    utt2spk = {f"u{i:02d}": f"s{i % 5}" for i in range(30)} | {"lone": "t"}
    trials = draw_trials(utt2spk, 20, 50, seed=3)
    pairs = list(zip(trials.enroll, trials.test, strict=True))
    assert len(set(pairs)) == len(pairs) == 70
    assert int(trials.is_target.sum()) == 20
    assert all(one != two for one, two in pairs)
    same = [utt2spk[one] == utt2spk[two] for one, two in pairs]
    assert same == trials.is_target.tolist()
    again = draw_trials(dict(reversed(utt2spk.items())), 20, 50, seed=3)
    assert again.enroll == trials.enroll and again.test == trials.test
    assert draw_trials(utt2spk, 20, 50, seed=4).enroll != trials.enroll
    # More than there are: every pair of 31 utterances.
    assert len(draw_trials(utt2spk, 10**6, 10**6, seed=0)) == 31 * 30 // 2


def test_targets_are_drawn_from_two_sessions() -> None:
    utt2spk = {f"u{i:02d}": f"s{i % 5}" for i in range(30)}
    sessions = {name: f"{utt2spk[name]}-{int(name[1:]) // 10}" for name in utt2spk}
    sessions |= {name: "one" for name, speaker in utt2spk.items() if speaker == "s4"}
    trials = draw_trials(utt2spk, 1000, 10, 0, sessions)
    targets = [
        (one, two)
        for one, two, target in zip(trials.enroll, trials.test, trials.is_target, strict=True)
        if target
    ]
    # Four speakers of three sessions with two utterances each; the fifth has but one session.
    assert len(targets) == 4 * 3 * 4
    assert all(sessions[one] != sessions[two] for one, two in targets)
    with pytest.raises(UserError, match="utterance 'u29' has no session"):
        draw_trials(utt2spk, 1, 1, 0, dict(list(sessions.items())[:-1]))


def test_speakers_that_trained_the_network_are_left_out(tmp_path: Path) -> None:
    for name, speakers in (("all", "abc"), ("trained", "b")):
        lines = [f"{speaker}-{i} {speaker}\n" for speaker in speakers for i in range(4)]
        (tmp_path / name).write_text("".join(lines), encoding="utf-8")
    paths = [str(tmp_path / name) for name in ("trained", "all", "trials")]
    assert make_trials.main(["--exclude", *paths]) == 0
    trials = read_trials(tmp_path / "trials")
    assert {name[0] for name in (*trials.enroll, *trials.test)} == {"a", "c"}


def test_trials_need_pairs() -> None:
    with pytest.raises(UserError, match="with two utterances"):
        draw_trials({"a": "s", "b": "s"}, 1, 1, seed=0)
    with pytest.raises(UserError, match="with two sessions"):
        draw_trials({"a": "s", "b": "s", "c": "t"}, 1, 1, 0, dict.fromkeys("abc", "x"))


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Return train and test folders with trials and two kinds of scores."""
    for side, seed in (("train", 0), ("test", 1)):
        scores, labels = gaussians(seed, 300)
        names = [f"{side}{i}" for i in range(600)]
        trials = Trials(names, names[::-1], labels)
        (tmp_path / side).mkdir()
        write_trials(tmp_path / side / "trials", trials)
        write_scores(tmp_path / side / "trials.cosine", trials, 5 * scores - 3)
        write_scores(tmp_path / side / "trials.asnorm", trials, scores + 9)
        norms = np.random.default_rng(10 + seed).normal(10, 1, 600)
        write_quality(tmp_path / side / "utt2norm", names, norms)
    return [str(tmp_path / "train"), str(tmp_path / "test")]


def test_program(folders: list[str], tmp_path: Path) -> None:
    path = tmp_path / "test" / "trials"
    quality = ["--train-quality-tables", f"{folders[0]}/utt2norm",
               "--quality-tables", f"{folders[1]}/utt2norm"]  # fmt: skip
    arguments = [folders[0], str(path), folders[1]]
    assert main(arguments) == 0
    assert main([*arguments, "--fuse", "true", *quality]) == 0
    trials = read_trials(path)
    for kind in ("cosine_calibrated", "asnorm_calibrated", "fused_quality_calibrated"):
        llrs = read_scores(path.with_name(f"trials.{kind}"), trials)
        assert cllr(llrs, trials.is_target) - min_cllr(llrs, trials.is_target) < 0.06
        assert '"offset"' in path.with_name(f"{kind}.json").read_text()


def test_program_refuses_to_train_on_the_test(folders: list[str], tmp_path: Path) -> None:
    path = str(tmp_path / "test" / "trials")
    with pytest.raises(UserError, match="is also in the test trials"):
        main([folders[1], path, folders[1]])
    for side in ("train", "test"):
        table = "".join(f"{side}{i} s{i % 7}\n" for i in range(600))
        (tmp_path / f"{side}_utt2spk").write_text(table)
    tables = ["--train-utt2spk", str(tmp_path / "train_utt2spk"),
              "--utt2spk", str(tmp_path / "test_utt2spk")]  # fmt: skip
    with pytest.raises(UserError, match="'s0' is also in the test trials"):
        main([folders[0], path, folders[1], *tables])
    with pytest.raises(UserError, match="as many --quality-tables"):
        main([folders[0], path, folders[1], "--quality-tables", f"{folders[1]}/utt2norm"])


def speakers_of(generator: np.random.Generator, count: int, each: int) -> tuple[Array, Array]:
    """Speakers with covariance diag(4 … 0.2), utterances of each with I + 0.5.

    Made without matrix products or decompositions, whose last bits (and, for equal eigenvalues,
    whole vectors) depend on the processor.
    """
    speakers = np.repeat(np.arange(count), each)
    means = generator.normal(0, np.sqrt(np.linspace(4, 0.2, DIM)), (count, DIM))
    common = generator.normal(0, np.sqrt(0.5), (count * each, 1))
    noise = generator.normal(size=(count * each, DIM)) + common
    return means[speakers] + noise + 3, speakers


def gaussian_llr(x: Array, y: Array, between: Array, within: Array) -> float:
    """Log density of both under one speaker less that under two, by full covariances."""
    from scipy.stats import multivariate_normal

    total, zero = between + within, np.zeros(DIM)
    joint = np.block([[total, between], [between, total]])
    both = multivariate_normal(np.zeros(2 * DIM), joint).logpdf(np.concatenate([x, y]))
    single = multivariate_normal(zero, total)
    return float(both - single.logpdf(x) - single.logpdf(y))


@pytest.mark.parametrize("iterations", [0, 5])
def test_plda_scores_are_gaussian_llrs(iterations: int) -> None:
    x, speakers = speakers_of(np.random.default_rng(0), 200, 4)
    plda = train_plda(x, speakers, PldaConfig(length_norm=False, iterations=iterations))
    back = np.linalg.inv(plda.transform)
    between, within = back.T @ np.diag(plda.between) @ back, back.T @ back
    left, right = np.arange(0, 20), np.arange(1, 21)
    scores = plda.scores(plda.project(x), left, right)
    centred = x - plda.mean
    expected = [gaussian_llr(centred[a], centred[b], between, within)
                for a, b in zip(left, right, strict=True)]  # fmt: skip
    np.testing.assert_allclose(scores, expected, rtol=1e-8, atol=1e-8)


def test_plda_em_finds_the_covariances() -> None:
    x, speakers = speakers_of(np.random.default_rng(0), 3000, 3)
    plda = train_plda(x, speakers, PldaConfig(length_norm=False, iterations=20))
    back = np.linalg.inv(plda.transform)
    within, between = back.T @ back, back.T @ np.diag(plda.between) @ back
    np.testing.assert_allclose(within, np.eye(DIM) + 0.5, atol=0.08)
    np.testing.assert_allclose(between, np.diag(np.linspace(4, 0.2, DIM)), atol=0.25)


def test_plda_is_calibrated_on_its_own_model() -> None:
    generator = np.random.default_rng(0)
    plda = train_plda(*speakers_of(generator, 1000, 4), PldaConfig(length_norm=False))
    x, speakers = speakers_of(generator, 60, 4)
    left, right = np.triu_indices(len(x), 1)
    scores, labels = plda.scores(plda.project(x), left, right), speakers[left] == speakers[right]
    assert cllr(scores, labels) - min_cllr(scores, labels) < 0.03


def test_plda_with_lda_and_length_norm() -> None:
    """With other draws: 0.22 to 0.25, and 0.35 to 0.37 in the three least telling dimensions."""
    generator = np.random.default_rng(0)
    plda = train_plda(*speakers_of(generator, 300, 4), PldaConfig(lda_dim=3))
    x, speakers = speakers_of(generator, 200, 4)
    assert plda.project(x).shape == (800, 3)
    left, right = np.triu_indices(len(x), 1)
    scores, labels = plda.scores(plda.project(x), left, right), speakers[left] == speakers[right]
    assert eer(det_curve(scores, labels)) < 0.3


def test_plda_needs_pairs_of_utterances() -> None:
    with pytest.raises(UserError, match="two utterances"):
        train_plda(np.eye(3), np.arange(3), PldaConfig())
    with pytest.raises(UserError, match="lda_dim 5"):
        train_plda(np.eye(6), np.array([0, 0, 1, 1, 2, 2]), PldaConfig(lda_dim=5))
