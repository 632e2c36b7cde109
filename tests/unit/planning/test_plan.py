"""A plan says what a run takes, and finds what would end it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from speakernet.planning.plan import PlanFiles, make_plan
from speakernet.prepare.feature_jobs import JobSettings, run_job
from speakernet.signal.extractors import read_feature_options
from tests.unit.planning.conftest import FEATURES, recipe

MakeFiles = Callable[..., PlanFiles]
STAGES = [
    f"3 features|data/fbank80/train|data/train|{FEATURES} @/data/train @/data/fbank80/train",
    f"3 features|data/fbank80/test|data/test|{FEATURES} @/data/test @/data/fbank80/test",
    "4 training|exp/checkpoints|data/fbank80/train|"
    "steps/train.sh @/exp/recipe.yaml @/data/fbank80/train @/exp",
    "6 embeddings|exp/embeddings_test|exp/checkpoints data/fbank80/test|"
    "steps/extract_embeddings.sh @/exp @/data/fbank80/test @/exp/embeddings_test",
    "7 scores|exp/scores|exp/embeddings_test|"
    "steps/score.sh @/exp @/data/test/trials @/exp/embeddings_test @/exp/scores",
]


def test_a_run_that_can_succeed(make_files: MakeFiles, tmp_path: Path) -> None:
    plan = make_plan(make_files(STAGES))
    assert plan.problems == []
    text = "\n".join(plan.lines)
    assert f"D: {tmp_path}/data  E: {tmp_path}/exp" in text
    assert "E/checkpoints/  (16 updates on 1 threads)" in text
    assert "reads    D/fbank80/train" in text
    assert "hours of audio an hour and core: " in text
    assert "crops a second in training" in text
    assert plan.lines[-1] == "problems: none"
    assert not (tmp_path / "exp").exists()


def test_features_take_what_was_said(make_files: MakeFiles, tmp_path: Path) -> None:
    plan = make_plan(make_files(STAGES[:1], measure=False))
    (line,) = (line for line in plan.lines if "D/fbank80/train/" in line)
    options = read_feature_options(Path("conf/fbank80.conf"))
    run_job(tmp_path / "data/train", tmp_path / "f.1", JobSettings(options=options))
    made = (tmp_path / "f.1.ark").stat().st_size + 6 * 200
    assert float(line.split()[0]) * 1e6 == pytest.approx(made, rel=0.1)


def test_inputs_that_no_stage_brings(make_files: MakeFiles, tmp_path: Path) -> None:
    plan = make_plan(make_files(STAGES[2:], measure=False))
    assert plan.problems == [
        f"{tmp_path}/exp/checkpoints needs {tmp_path}/data/fbank80/train: "
        "not there, and no stage that runs makes it",
        f"{tmp_path}/exp/embeddings_test needs {tmp_path}/data/fbank80/test: "
        "not there, and no stage that runs makes it",
    ]
    assert plan.lines[-3] == "problems: 2"


def test_everything_that_is_wrong_is_found(make_files: MakeFiles, tmp_path: Path) -> None:
    (tmp_path / "data/test/trials").write_text("s0-0 who target\n")
    with open(tmp_path / "data/train/wav.scp", "a") as scp:
        scp.write("s9-9 no-such-program x |\n")
    (tmp_path / "wav/train0.wav").write_bytes(b"<html>")
    (tmp_path / "estimate").write_text("set\ttrain\t9\t3\t9\t\nproblem\tpart b is missing\n")
    musan = tmp_path / "musan"
    small = recipe(copies=("noise",), train={"batch_size": 64, "utterances_per_epoch": 9})
    files = make_files(
        STAGES[:3], small, musan_root=musan, rirs=tmp_path, estimate=tmp_path / "estimate",
        cmd=["utils/run.pl", "no-such-runner --gpu 1", ""],
    )  # fmt: skip
    problems = make_plan(files).problems
    for text in (
        "part b is missing",
        "wav/train0.wav: ",
        "an epoch of 9 utterances is smaller than one update's 64",
        f"{musan}/noise: found no audio",
        "no rir_list of smallroom",
        "data/test/utt2spk, the first: 'who'",
        "needs the program 'no-such-program'",
        "--cmd or --cuda-cmd: there is no program no-such-runner here",
    ):
        assert len([line for line in problems if text in line]) == 1, (text, problems)


def test_a_corpus_that_is_not_there_yet(make_files: MakeFiles, tmp_path: Path) -> None:
    lines = ["1 data directories|data/new||local/prepare.sh @/data/new",
             f"3 features|data/fbank80/vox||{FEATURES} @/data/vox @/data/fbank80/vox"]  # fmt: skip
    text = "\n".join(make_plan(make_files(lines, measure=False)).lines)
    assert text.count("(not known before stage 1)") == 2
    (tmp_path / "estimate").write_text(f"set\tvox\t1000000\t5994\t8e9\t\nwrite\t{tmp_path}\t9\n")
    plan = make_plan(make_files(lines, measure=False, estimate=tmp_path / "estimate"))
    assert len(plan.problems) == 1
    assert "all stages together take about 65" in plan.problems[0]


def test_folders_that_cannot_be_written_to(make_files: MakeFiles, tmp_path: Path) -> None:
    (tmp_path / "data/fbank80").write_text("a file")
    problems = make_plan(make_files(STAGES[:1], measure=False)).problems
    assert problems == [f"cannot write to {tmp_path}/data/fbank80/train"]
