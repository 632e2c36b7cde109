"""speakernet score: embeddings and a cohort on disk in, score files out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.backend.class_weights import load_class_weights
from speakernet.backend.config import PldaConfig, ScoringConfig
from speakernet.backend.score_lists import score_lists
from speakernet.backend.scoring_files import ScoringFiles
from speakernet.bin import score
from speakernet.config import UserError, dump_config
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.nn.losses import build_loss
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe

DIM = 6
CONFIG = ScoringConfig(top_n=5)


def write_embeddings(folder: Path, names: list[str], seed: int) -> None:
    folder.mkdir()
    generator = np.random.default_rng(seed)
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as writer:
        for name in names:
            writer.write(name, generator.normal(size=DIM).astype(np.float32))


@pytest.fixture
def files(tmp_path: Path) -> ScoringFiles:
    """Embeddings of 12 utterances, and of a cohort of 9 speakers, one of them a test speaker."""
    names = [f"t{i:02d}" for i in range(12)]
    write_embeddings(tmp_path / "test", names, 0)
    write_table(
        tmp_path / "test" / "utt2spk", [(name, f"s{i % 4}") for i, name in enumerate(names)]
    )
    cohort = [f"c{i:02d}" for i in range(30)]
    write_embeddings(tmp_path / "cohort", cohort, 1)
    speakers = [(name, "s1" if i % 9 == 4 else f"c{i % 9}") for i, name in enumerate(cohort)]
    write_table(tmp_path / "cohort" / "utt2spk", speakers)
    pairs = [(a, b) for a in names for b in names if a < b]
    labels = np.array([int(a[1:]) % 4 == int(b[1:]) % 4 for a, b in pairs])
    enroll, test = map(list, zip(*pairs, strict=True))
    write_trials(tmp_path / "test" / "all", Trials(enroll, test, labels))
    write_trials(tmp_path / "test" / "few", Trials(enroll[:20], test[:20], labels[:20]))
    return ScoringFiles(
        embeddings=tmp_path / "test",
        trials=(tmp_path / "test" / "all", tmp_path / "test" / "few"),
        output=tmp_path / "scores",
        cohort_embeddings=tmp_path / "cohort",
        cohort_utt2spk=tmp_path / "cohort" / "utt2spk",
    )


def changed(files: ScoringFiles, output: str, **changes: Path | None) -> ScoringFiles:
    return ScoringFiles(**{**vars(files), "output": files.output / output, **changes})


def without_test_speakers(files: ScoringFiles) -> ScoringFiles:
    """Give PLDA what the cohort has of other speakers than the test's."""
    assert files.cohort_utt2spk
    rest = files.cohort_utt2spk.with_name("rest")
    speakers = read_table(files.cohort_utt2spk).items()
    write_table(rest, [(name, speaker) for name, speaker in speakers if speaker != "s1"])
    return replace(files, plda_embeddings=files.cohort_embeddings, plda_utt2spk=rest)


def scores_of(files: ScoringFiles, kind: str, number: int = 0) -> np.ndarray:
    path = files.trials[number]
    return read_scores(files.output / f"{path.name}.{kind}", read_trials(path))


def test_what_is_written(files: ScoringFiles) -> None:
    alone = changed(files, "alone", cohort_embeddings=None, cohort_utt2spk=None)
    score_lists(CONFIG, alone)
    kinds = {path.name for path in alone.output.iterdir()}
    assert kinds == {"all.cosine", "few.cosine", "utt2norm"}
    apart = without_test_speakers(files)
    score_lists(CONFIG.model_copy(update={"plda": PldaConfig(iterations=2)}), apart)
    kinds = {path.name for path in files.output.iterdir() if path.is_file()}
    each = {f"{name}.{kind}" for name in ("all", "few") for kind in ("cosine", "asnorm", "plda")}
    assert kinds == {*each, "utt2norm", "utt2cohort_mean"}
    np.testing.assert_array_equal(scores_of(files, "cosine"), scores_of(alone, "cosine"))


def test_lists_scored_together_score_the_same(files: ScoringFiles) -> None:
    score_lists(CONFIG, files)
    np.testing.assert_array_equal(scores_of(files, "asnorm", 1), scores_of(files, "asnorm")[:20])


def test_settings_and_tables_change_normalised_scores(files: ScoringFiles) -> None:
    score_lists(CONFIG, files)
    others = {
        "mean": (CONFIG.model_copy(update={"subtract_mean": True}), files),
        "utterances": (CONFIG.model_copy(update={"cohort": "utterances"}), files),
        "own": (CONFIG, changed(files, "", utt2spk=files.embeddings / "utt2spk")),
    }
    for name, (config, given) in others.items():
        other = changed(given, name)
        score_lists(config, other)
        assert not np.array_equal(scores_of(files, "asnorm"), scores_of(other, "asnorm")), name


def test_own_speakers_matter_only_to_their_trials(files: ScoringFiles) -> None:
    own = changed(files, "own", utt2spk=files.embeddings / "utt2spk")
    config = ScoringConfig(top_n=400)
    score_lists(config, own)
    without = [line.split() for line in (files.cohort_utt2spk or Path()).read_text().splitlines()]
    rest = files.output.parent / "rest"
    write_table(rest, [(utterance, s) for utterance, s in without if s != "s1"])
    left_out = changed(files, "left_out", cohort_utt2spk=rest)
    score_lists(config, left_out)
    trials = read_trials(files.trials[0])
    of_s1 = [int(a[1:]) % 4 == int(b[1:]) % 4 == 1
             for a, b in zip(trials.enroll, trials.test, strict=True)]  # fmt: skip
    ours, expected = scores_of(own, "asnorm"), scores_of(left_out, "asnorm")
    np.testing.assert_allclose(ours[of_s1], expected[of_s1], rtol=1e-9)
    others = [int(a[1:]) % 4 != 1 != int(b[1:]) % 4
              for a, b in zip(trials.enroll, trials.test, strict=True)]  # fmt: skip
    # The 8 best of 9 are the same only where s1 is the worst.
    assert (ours[others] != expected[others]).mean() > 0.5


def test_several_enrolment_utterances(files: ScoringFiles) -> None:
    spk2utt = files.output.parent / "spk2utt"
    spk2utt.write_text("m1 t00 t04\nm2 t01\n")
    trials = files.embeddings / "models"
    trials.write_text("m1 t08 target\nm2 t08 nontarget\n")
    some = ScoringFiles(files.embeddings, [trials], files.output, enroll_spk2utt=spk2utt)
    score_lists(ScoringConfig(enrolment="scores"), some)
    score_lists(CONFIG, changed(files, "single"))
    means = scores_of(some, "cosine")
    single = read_trials(files.trials[0])
    cosine = dict(
        zip(zip(single.enroll, single.test, strict=True),
            scores_of(changed(files, "single"), "cosine"), strict=True)
    )  # fmt: skip
    assert means[0] == pytest.approx((cosine["t00", "t08"] + cosine["t04", "t08"]) / 2)
    assert means[1] == pytest.approx(cosine["t01", "t08"])


def test_what_is_missing_is_named(files: ScoringFiles) -> None:
    plda = CONFIG.model_copy(update={"plda": PldaConfig()})
    alone = changed(files, "", cohort_utt2spk=None)
    with pytest.raises(
        UserError, match="scoring.plda needs --plda-embeddings and --plda-utt2spk, or"
    ):
        score_lists(plda, alone)
    with pytest.raises(UserError, match="a cohort of speaker means needs --cohort-utt2spk"):
        score_lists(CONFIG, alone)
    no_cohort = changed(files, "", cohort_embeddings=None)
    with pytest.raises(UserError, match="subtract_mean needs --cohort-embeddings"):
        score_lists(CONFIG.model_copy(update={"subtract_mean": True}), no_cohort)
    files.trials[1].write_text("t00 nobody target\n")
    with pytest.raises(UserError, match="few:1: 'nobody' has no embedding"):
        score_lists(CONFIG, files)
    assert not list(files.output.rglob("*.cosine"))
    twice = ScoringFiles(files.embeddings, [files.trials[0]] * 2, files.output)
    with pytest.raises(UserError, match="trial lists need different names: all all"):
        score_lists(CONFIG, twice)


def make_model(folder: Path, scoring: str) -> Recipe:
    recipe = Recipe.model_validate(
        {
            "model": {"name": "tdnn_c8", "embedding_dim": DIM},
            "loss": {"name": "cm"},
            "scoring": {"cohort": scoring, "top_n": 5},
        }
    )
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(dump_config(recipe))
    torch.manual_seed(0)
    loss = build_loss(recipe.loss, embedding_dim=DIM, num_classes=7)
    state = {
        "model": build_model(recipe.model, input_dim=8).state_dict(),
        "loss": loss.state_dict(),
        "recipe": dump_config(recipe),
        "input_dim": 8,
        "num_speakers": 7,
    }
    save_model(folder / "checkpoints" / "final.pt", state)
    return recipe


def test_program_takes_the_recipe_and_changes_to_it(files: ScoringFiles, tmp_path: Path) -> None:
    make_model(tmp_path / "exp", "speakers")
    paths = [tmp_path / "exp", *files.trials, files.embeddings, tmp_path / "program"]
    cohort = ["--cohort-embeddings", str(files.cohort_embeddings),
              "--cohort-utt2spk", str(files.cohort_utt2spk)]  # fmt: skip
    settings = ["--set", "scoring.top_n=4", "--set", "scoring.normalization=snorm"]
    assert score.main([*cohort, *settings, *map(str, paths)]) == 0
    score_lists(ScoringConfig(top_n=4, normalization="snorm"), files)
    other = changed(files, "../program")
    np.testing.assert_array_equal(scores_of(other, "snorm"), scores_of(files, "snorm"))


def test_program_normalises_by_class_weights(files: ScoringFiles, tmp_path: Path) -> None:
    recipe = make_model(tmp_path / "exp", "class_weights")
    paths = [tmp_path / "exp", files.trials[0], files.embeddings, tmp_path / "program"]
    assert score.main([*map(str, paths)]) == 0
    weights = load_class_weights(tmp_path / "exp", recipe.loss, None)
    assert weights.shape == (7, DIM) and weights.dtype == np.float64
    alone = changed(files, "", cohort_embeddings=None, cohort_utt2spk=None)
    score_lists(recipe.scoring, alone, weights)
    other = changed(files, "../program")
    np.testing.assert_array_equal(scores_of(other, "asnorm"), scores_of(alone, "asnorm"))


def test_a_cohort_that_holds_the_test_is_told(
    files: ScoringFiles, caplog: pytest.LogCaptureFixture
) -> None:
    score_lists(ScoringConfig(top_n=9), files)
    assert "in the cohort" not in caplog.text and "all are taken" not in caplog.text
    own = replace(files, cohort_embeddings=files.embeddings, cohort_utt2spk=None)
    score_lists(ScoringConfig(top_n=40, cohort="utterances"), own)
    assert "12 of the 12 utterances of the trials are in the cohort, the first 't00'" in caplog.text
    assert "the 40 nearest of the cohort, which has 12: all are taken" in caplog.text


def test_scores_of_other_settings_do_not_stay_beside_the_new_ones(files: ScoringFiles) -> None:
    config = CONFIG.model_copy(update={"plda": PldaConfig(), "normalization": "snorm"})
    score_lists(config, without_test_speakers(files))
    for name in ("all.snorm_calibrated", "all.mine", "few.more.snorm"):
        (files.output / name).write_text("x\n")
    score_lists(ScoringConfig(normalization="none"), replace(files, trials=files.trials[:1]))
    names = {path.name for path in files.output.iterdir()}
    others = {"few.cosine", "few.plda", "few.snorm", "few.more.snorm"}
    assert names == {"all.cosine", "all.mine", "utt2norm", *others}
