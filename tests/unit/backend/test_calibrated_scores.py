"""Calibration and PLDA by a recipe: what is drawn, scored and fitted, and of whom."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.calibration import fit_calibration
from speakernet.backend.config import CalibrationConfig, PldaConfig, ScoringConfig
from speakernet.backend.embeddings import load_embeddings
from speakernet.backend.plda import Plda
from speakernet.backend.score_lists import score_lists
from speakernet.backend.scoring import PldaScorer
from speakernet.backend.scoring_files import ScoringFiles
from speakernet.backend.speaker_folds import speaker_folds
from speakernet.backend.trial_drawing import draw_trials
from speakernet.bin import fuse
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.metrics.cllr import cllr, min_cllr
from tests.unit.backend.gaussian_scores import gaussians

DIM, EACH = 12, 6
CALIBRATION = CalibrationConfig(
    qualities=("duration", "norm", "cohort_mean"),
    num_trials=600,
    plda=True,
    fuse=True,
    p_target=0.3,
)
CALIBRATION_OF_COSINES = CALIBRATION.model_copy(update={"plda": False, "fuse": False})
BETWEEN = np.linspace(3, 0.05, 30)  # variances between speakers, where those within are 1
CONFIG = ScoringConfig(top_n=10, plda=PldaConfig(iterations=3), calibration=CALIBRATION)


def write_set(folder: Path, prefix: str, num_speakers: int, seed: int) -> None:
    """Embeddings that are nearer to their speaker's, the longer the utterance, and its tables."""
    generator = np.random.default_rng(seed)
    folder.mkdir()
    utt2spk, frames = {}, {}
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as writer:
        for speaker in range(num_speakers):
            mean = generator.normal(size=DIM)
            for number in range(EACH):
                name = f"{prefix}{speaker:02d}-{number}"
                utt2spk[name], length = f"{prefix}{speaker:02d}", int(generator.integers(210, 900))
                frames[name] = str(length)
                noise = generator.normal(size=DIM) * np.sqrt(300 / length)
                writer.write(name, ((mean + noise) * (1 + length / 900)).astype(np.float32))
    write_table(folder / "utt2spk", utt2spk.items())
    write_table(folder / "utt2num_frames", frames.items())


@pytest.fixture
def files(tmp_path: Path) -> ScoringFiles:
    write_set(tmp_path / "test", "t", 12, 0)
    write_set(tmp_path / "cohort", "c", 25, 1)
    speakers = read_table(tmp_path / "test" / "utt2spk")
    pairs = list(combinations(speakers, 2))
    labels = np.array([speakers[a] == speakers[b] for a, b in pairs])
    one, two = map(list, zip(*pairs, strict=True))
    write_trials(tmp_path / "test" / "all", Trials(one, two, labels))
    return ScoringFiles(
        embeddings=tmp_path / "test",
        trials=(tmp_path / "test" / "all",),
        output=tmp_path / "scores",
        cohort_embeddings=tmp_path / "cohort",
        cohort_utt2spk=tmp_path / "cohort" / "utt2spk",
    )


def scores_of(files: ScoringFiles, kind: str) -> np.ndarray:
    return read_scores(files.output / f"all.{kind}", read_trials(files.trials[0]))


def test_what_a_recipe_gets(files: ScoringFiles) -> None:
    score_lists(CONFIG, files)
    calibrated = {
        f"{kind}_{suffix}"
        for kind in ("asnorm", "plda", "fused")
        for suffix in ("calibrated", "qmf")
    }
    found = {path.name.removeprefix("all.") for path in files.output.glob("all.*")}
    assert found == {"cosine", "asnorm", "plda", *calibrated}
    labels = read_trials(files.trials[0]).is_target
    for kind in ("asnorm_calibrated", "asnorm_qmf"):
        scores = scores_of(files, kind)
        assert cllr(scores, labels) - min_cllr(scores, labels) < 0.12
    drawn = read_trials(files.output / "calibration" / "trials")
    assert (len(drawn), int(drawn.is_target.sum())) == (600, 300)
    speakers = read_table(files.cohort_utt2spk or Path())
    folds = speaker_folds(speakers.values(), 0)
    assert sorted(folds.values()) == [0] * 13 + [1] * 12
    pairs = [(speakers[a], speakers[b]) for a, b in zip(drawn.enroll, drawn.test, strict=True)]
    assert all(folds[one] == folds[two] for one, two in pairs)
    assert {folds[one] for one, _ in pairs} == {0, 1}
    no_plda = replace(files, output=files.output.parent / "no_plda")
    score_lists(CONFIG.model_copy(update={"calibration": CALIBRATION_OF_COSINES}), no_plda)
    drawn = read_trials(no_plda.output / "calibration" / "trials")
    expected = draw_trials(speakers, 300, 300, 0)
    assert (drawn.enroll, drawn.test) == (expected.enroll, expected.test)


def _scale(llrs: np.ndarray, trials: Trials) -> float:
    """Return the factor that would make them LLRs of these trials: 1 if they are, below: too far
    apart.
    """
    return fit_calibration(llrs[:, None], trials.is_target, ("x",), 0.5).weights[0]


def write_gaussians(folder: Path, prefix: str, num_speakers: int, seed: int) -> None:
    """Embeddings with the variances of BETWEEN."""
    generator = np.random.default_rng(seed)
    folder.mkdir()
    utt2spk = {}
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as writer:
        for speaker in range(num_speakers):
            mean = generator.normal(size=BETWEEN.size) * np.sqrt(BETWEEN)
            for number in range(EACH):
                name = f"{prefix}{speaker:02d}-{number}"
                utt2spk[name] = f"{prefix}{speaker:02d}"
                writer.write(name, (mean + generator.normal(size=mean.size)).astype(np.float32))
    write_table(folder / "utt2spk", utt2spk.items())


def test_llrs_of_plda_are_the_true_ones_though_its_speakers_calibrate_it(tmp_path: Path) -> None:
    """Few training speakers, of many dimensions: PLDA knows them better than others."""
    write_gaussians(tmp_path / "test", "t", 60, 3)
    write_gaussians(tmp_path / "cohort", "c", 50, 4)
    cohort = (tmp_path / "cohort", tmp_path / "cohort/utt2spk")
    trials = draw_trials(read_table(tmp_path / "test/utt2spk"), 900, 3000, 5)
    write_trials(tmp_path / "test/all", trials)
    calibration = CalibrationConfig(num_trials=3000, p_target=0.5)
    plda = PldaConfig(length_norm=False, iterations=5)
    config = ScoringConfig(normalization="none", plda=plda, calibration=calibration)
    files = ScoringFiles(tmp_path / "test", [tmp_path / "test/all"], tmp_path / "scores", *cohort)
    score_lists(config, files)
    table = load_embeddings(tmp_path / "test", None)
    dim = BETWEEN.size
    truth = Plda(np.zeros(dim), np.eye(dim), False, np.eye(dim), BETWEEN)
    true = PldaScorer(table, truth).scores(trials.enroll, trials.test, "all")
    llrs = scores_of(files, "plda_calibrated")
    assert cllr(llrs, trials.is_target) - min_cllr(llrs, trials.is_target) < 0.04
    assert np.corrcoef(true, llrs)[0, 1] > 0.9
    assert 0.8 < _scale(llrs, trials) < 1.4  # the model is of half the speakers, so above 1
    # By the same model of all of them, calibrated with speakers that it knows.
    drawn = read_trials(files.output / "calibration/trials")
    known = replace(files, embeddings=cohort[0], trials=[tmp_path / "scores/calibration/trials"],
                    output=tmp_path / "known", utt2spk=cohort[1])  # fmt: skip
    score_lists(config.model_copy(update={"calibration": None}), known)
    optimistic = fit_calibration(
        read_scores(known.output / "trials.plda", drawn)[:, None], drawn.is_target, ("plda",), 0.5
    ).apply(scores_of(files, "plda")[:, None])
    assert _scale(optimistic, trials) < 0.65
    assert cllr(optimistic, trials.is_target) > 1.2 * cllr(llrs, trials.is_target)


def test_trials_are_scored_without_their_own_speakers_in_the_cohort(files: ScoringFiles) -> None:
    score_lists(CONFIG, files)
    drawn = files.output / "calibration"
    plain = CONFIG.model_copy(update={"calibration": None, "plda": None})
    again = replace(
        files, embeddings=files.cohort_embeddings or Path(), trials=[drawn / "trials"],
        output=files.output / "again", utt2spk=files.cohort_utt2spk,
    )  # fmt: skip
    score_lists(plain, again)
    trials = read_trials(drawn / "trials")
    for kind in ("cosine", "asnorm"):
        expected = read_scores(again.output / f"trials.{kind}", trials)
        np.testing.assert_array_equal(read_scores(drawn / f"trials.{kind}", trials), expected)


def test_calibration_is_the_slow_obvious_one(files: ScoringFiles) -> None:
    """The maps, from the files that are left in the folder."""
    score_lists(CONFIG, files)
    drawn = files.output / "calibration"
    features = []
    for folder, name in ((drawn, "trials"), (files.output, "all")):
        path = drawn / name if folder == drawn else files.trials[0]
        trials = read_trials(path)
        columns = [read_scores(folder / f"{name}.asnorm", trials)]
        for table in ("utt2num_frames", "utt2norm", "utt2cohort_mean"):
            known = {n: float(v) for n, v in read_table(folder / table).items()}
            sides = [np.array([known[n] for n in s]) for s in (trials.enroll, trials.test)]
            sides = [np.log(side) if table == "utt2num_frames" else side for side in sides]
            columns += [np.minimum(*sides), np.maximum(*sides)]
        features.append((np.column_stack(columns), trials.is_target))
    found = fit_calibration(*features[0], tuple("abcdefg"), 0.3)
    np.testing.assert_allclose(
        scores_of(files, "asnorm_qmf"), found.apply(features[1][0]), rtol=1e-9
    )


def test_without_information_in_qualities_qmf_is_plain_calibration(files: ScoringFiles) -> None:
    for folder in ("test", "cohort"):
        table = files.output.parent / folder / "utt2num_frames"
        write_table(table, [(name, "500") for name in read_table(table)])
    calibration = CALIBRATION.model_copy(update={"qualities": ("duration",), "fuse": False})
    score_lists(CONFIG.model_copy(update={"calibration": calibration}), files)
    for kind in ("asnorm", "plda"):
        plain, qmf = (scores_of(files, f"{kind}_{end}") for end in ("calibrated", "qmf"))
        np.testing.assert_array_equal(plain, qmf)


def test_qualities_that_tell_of_noise_cost_less() -> None:
    """Scores of targets are lower where the measure is: known to the map, the errors are fewer."""
    scores, labels = gaussians(5, 20_000)
    quality = np.random.default_rng(6).normal(size=len(scores))
    x = np.column_stack([scores + 0.7 * quality, quality])
    both = fit_calibration(x, labels, ("x", "q"), 0.5)
    alone = fit_calibration(x[:, :1], labels, ("x",), 0.5)
    assert both.weights[1] == pytest.approx(-0.7 * both.weights[0], rel=0.03)
    assert cllr(both.apply(x), labels) < 0.9 * cllr(alone.apply(x[:, :1]), labels)


def test_qualities_that_tell_nothing_have_no_weight() -> None:
    scores, labels = gaussians(3, 20_000)
    noise = np.random.default_rng(4).normal(size=(len(scores), 2))
    found = fit_calibration(np.column_stack([scores, noise]), labels, ("x", "y", "z"), 0.5)
    plain = fit_calibration(scores[:, None], labels, ("x",), 0.5)
    assert np.abs(found.weights[1:]).max() < 0.03
    assert found.weights[0] == pytest.approx(plain.weights[0], rel=0.01)


def test_trials_by_length_of_a_set_of_its_own(files: ScoringFiles, tmp_path: Path) -> None:
    write_set(tmp_path / "other", "o", 20, 2)
    own = replace(
        files,
        calibration_embeddings=tmp_path / "other",
        calibration_utt2spk=tmp_path / "other" / "utt2spk",
    )
    calibration = CALIBRATION.model_copy(update={"trials": "by_length", "qualities": ()})
    score_lists(CONFIG.model_copy(update={"calibration": calibration}), own)
    trials = read_trials(files.output / "calibration" / "trials")
    frames = {n: int(v) for n, v in read_table(tmp_path / "other" / "utt2num_frames").items()}
    kinds = [
        (frames[a] > 600) + (frames[b] > 600)
        for a, b in zip(trials.enroll, trials.test, strict=True)
    ]
    nontarget = np.bincount(np.array(kinds)[~trials.is_target])
    assert nontarget.tolist() == [100, 100, 100]
    (tmp_path / "other" / "utt2num_frames").unlink()
    with pytest.raises(UserError, match="utt2num_frames: no such file; extract these embeddings"):
        score_lists(CONFIG.model_copy(update={"calibration": calibration}), own)


def test_nothing_of_the_test_enters_training(files: ScoringFiles, tmp_path: Path) -> None:
    test_set = (tmp_path / "test", tmp_path / "test" / "utt2spk")
    plda = replace(files, plda_embeddings=test_set[0], plda_utt2spk=test_set[1])
    with pytest.raises(UserError, match="utt2spk: 't00' is also in the test trials"):
        score_lists(CONFIG, plda)
    drawn = replace(files, calibration_embeddings=test_set[0], calibration_utt2spk=test_set[1])
    with pytest.raises(UserError, match="calibration/trials: 't00' is also in the test trials"):
        score_lists(CONFIG, drawn)
    assert not [*files.output.glob("all.*calibrated")]
    # The same person under another utterance.
    moved = tmp_path / "moved"
    write_table(
        moved,
        [
            (n, s.replace("c03", "t03"))
            for n, s in read_table(tmp_path / "cohort" / "utt2spk").items()
        ],
    )
    with pytest.raises(UserError, match="'t03' is also in the test trials"):
        score_lists(CONFIG, replace(files, plda_embeddings=tmp_path / "cohort", plda_utt2spk=moved))


def test_enrolment_models_have_qualities(files: ScoringFiles, tmp_path: Path) -> None:
    (tmp_path / "spk2utt").write_text("m0 t00-0 t00-1\nm1 t01-0 t01-1 t01-2\n")
    trials = tmp_path / "test" / "all"
    trials.write_text("m0 t00-3 target\nm0 t01-3 nontarget\nm1 t01-4 target\n")
    config = CONFIG.model_copy(
        update={"plda": None, "calibration": CALIBRATION.model_copy(update={"fuse": False})}
    )
    for enrolment in ("embeddings", "scores"):
        some = replace(files, enroll_spk2utt=tmp_path / "spk2utt", output=tmp_path / enrolment)
        score_lists(config.model_copy(update={"enrolment": enrolment}), some)
        tables = {
            n: read_table(some.output / n)
            for n in ("utt2norm", "utt2num_frames", "utt2cohort_mean")
        }
        norms = [float(tables["utt2norm"][f"t00-{i}"]) for i in (0, 1)]
        assert float(tables["utt2norm"]["m0"]) == pytest.approx(sum(norms) / 2)
        frames = tables["utt2num_frames"]
        assert int(frames["m1"]) == sum(int(frames[f"t01-{i}"]) for i in range(3))
        assert {"m0", "m1", "t00-3"} <= tables["utt2cohort_mean"].keys()
        assert np.isfinite(scores_of(some, "asnorm_qmf")).all()


def test_systems_are_fused(files: ScoringFiles, tmp_path: Path) -> None:
    score_lists(CONFIG, files)
    other = replace(files, output=tmp_path / "snorm")
    score_lists(CONFIG.model_copy(update={"normalization": "snorm"}), other)
    words = [
        str(tmp_path / "fused"),
        str(files.output),
        str(other.output),
        "--trials",
        str(files.trials[0]),
    ]
    assert fuse.main([*words, "--kinds", "asnorm", "snorm", "--qualities", "duration"]) == 0
    trials = read_trials(files.trials[0])
    fused = read_scores(tmp_path / "fused" / "all.fused_qmf", trials)
    single = [
        cllr(scores_of(f, f"{k}_calibrated"), trials.is_target)
        for f, k in ((files, "asnorm"), (other, "snorm"))
    ]
    assert cllr(fused, trials.is_target) < 1.03 * min(single)
    score_lists(
        CONFIG.model_copy(update={"calibration": CALIBRATION.model_copy(update={"seed": 7})}), other
    )
    with pytest.raises(UserError, match="snorm/calibration/trials: differs from"):
        fuse.main([*words, "--kinds", "asnorm"])
    with pytest.raises(UserError, match="--kinds: found 3; expected one, or one for each of the 2"):
        fuse.main([*words, "--kinds", "a", "b", "c"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"similarity": "crop_distance", "normalization": "none", "plda": {}}, "matrices of crops"),
        ({"cohort": "utterances", "calibration": {}}, "expected speakers or raw_speakers"),
        ({"calibration": {"fuse": True}}, "there is one kind of scores"),
        (
            {"normalization": "none", "calibration": {"qualities": ("cohort_mean",)}},
            "normalization is none",
        ),
        (
            {
                "similarity": "crop_distance",
                "normalization": "none",
                "calibration": {"qualities": ("norm",)},
            },
            "expected duration",
        ),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScoringConfig.model_validate(settings)
