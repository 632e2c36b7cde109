"""speakernet evaluate: score files in, figures out; bad scores and options are refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from speakernet.bin import evaluate, export_voxsrc
from speakernet.config import UserError
from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import (
    EvaluationOptions,
    evaluate_files,
    find_utt2spk,
)
from tests.unit.report.score_files import EACH, NUM_SPEAKERS


@pytest.fixture
def scores_path(exp_dir: Path) -> Path:
    return exp_dir / "scores" / "trials.cosine"


@pytest.fixture
def arguments(trials_path: Path, scores_path: Path) -> list[str]:
    return [str(trials_path), str(scores_path)]


def test_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--p-targets", "0.01,0.05", "--bootstrap", "20", "--format", "json"]
    assert evaluate.main([*arguments, *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["scores"] == arguments[1] and row["trials"] == "trials"
    assert row["num_target"] == NUM_SPEAKERS * EACH * (EACH - 1) // 2
    assert row["num_target"] + row["num_nontarget"] == 32 * 31 // 2
    assert set(row["min_dcf"]) == {"0.01", "0.05"}
    assert row["eer_interval"][0] <= row["eer"] <= row["eer_interval"][1]
    assert row["definition"] == "speakernet"


@pytest.mark.parametrize("name", definitions.names())
def test_the_definition_is_stated(
    arguments: list[str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    evaluate.main([*arguments, "--definition", name])
    output = capsys.readouterr().out
    assert definitions.get(name).text in output
    for p_target in definitions.get(name).p_targets:
        assert f"minDCF({p_target:g})" in output


def test_help_names_all_definitions() -> None:
    shown = evaluate.main.make_parser().format_help()
    assert all(name in shown for name in definitions.names())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1:], r"no score for 's0-00 s0-01'"),
        (lambda lines: [*lines, lines[3]], r"trials.cosine:497: 's0-00 s0-04' .* twice|497"),
        (lambda lines: [*lines, "x y 1"], r"trials.cosine:497: 'x y' is not in the trial list"),
        (lambda lines: ["s0-00 s0-01 nan", *lines[1:]], r"trials.cosine:1: score 'nan'"),
        (lambda lines: [*lines[:5], "s0-00 s0-06 inf", *lines[6:]], r"cosine:6: score 'inf'"),
        (lambda lines: [*lines[:5], "s0-00 s0-06", *lines[6:]], r"cosine:6: .*expected 3"),
    ],
)
def test_bad_scores_are_errors(
    trials_path: Path,
    scores_path: Path,
    change: Callable[[list[str]], list[str]],
    message: str,
) -> None:
    lines = scores_path.read_text().splitlines()
    scores_path.write_text("".join(f"{line}\n" for line in change(lines)))
    options = EvaluationOptions(definitions.get("speakernet"), (0.05,))
    with pytest.raises(UserError, match=message):
        evaluate_files(trials_path, [scores_path], options, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--p-targets", "0.01,x"], "argument --p-targets: found 'x'; expected a probability"),
        (["--p-targets", "1.5"], "argument --p-targets: found '1.5'"),
        (["--c-miss", "0"], "argument --c-miss: found '0'; expected a number above 0"),
        (["--definition", "nits"], "did you mean 'nist'"),
        (
            ["--bootstrap", "5", "--definition", "voxsrc2020"],
            "goes with the definition 'speakernet'",
        ),
        (["--bootstrap", "-5"], "argument --bootstrap: found '-5'"),
    ],
)
def test_bad_options_are_errors(arguments: list[str], options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        evaluate.main([*arguments, *options])


def test_bootstrap_needs_speakers(arguments: list[str], trials_path: Path) -> None:
    (trials_path.parent / "utt2spk").unlink()
    with pytest.raises(UserError, match="needs an utt2spk"):
        evaluate.main([*arguments, "--bootstrap", "5"])


def test_voxsrc_form_gives_the_same_figures(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "submission.txt"
    export_voxsrc.main([*arguments, str(output)])
    value, one, two = output.read_text().split("\n", 1)[0].split()
    assert 0 <= float(value) <= 1 and (one, two) == ("s0-00", "s0-01")
    evaluate.main([*arguments, str(output), "--definition", "voxsrc", "--format", "json"])
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["eer"] == rows[1]["eer"]
    assert rows[0]["min_dcf"] == rows[1]["min_dcf"]
    assert set(rows[0]["min_dcf"]) == {"0.05"}


def test_a_list_of_one_kind_is_named(tmp_path: Path) -> None:
    for label, missing in (("target", "nontarget"), ("nontarget", "target")):
        (tmp_path / "trials").write_text(f"a b {label}\nc d {label}\n")
        (tmp_path / "scores").write_text("a b 1\nc d 2\n")
        with pytest.raises(UserError, match=f"{tmp_path}/trials: 2 trials without any {missing};"):
            evaluate.main([str(tmp_path / "trials"), str(tmp_path / "scores")])


@pytest.mark.parametrize("num_speakers", [2, 4])
def test_an_interval_of_few_speakers_is_told(
    num_speakers: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = [f"s{n // 2}-{n}" for n in range(2 * num_speakers)]
    pairs = [(a, b) for a in names for b in names if a < b]
    lines = [f"{a} {b} {'target' if a[:2] == b[:2] else 'nontarget'}\n" for a, b in pairs]
    (tmp_path / "trials").write_text("".join(lines))
    scores = [f"{a} {b} {i * 7 % 11}\n" for i, (a, b) in enumerate(pairs)]
    (tmp_path / "scores").write_text("".join(scores))
    (tmp_path / "utt2spk").write_text("".join(f"{n} {n[:2]}\n" for n in names))
    evaluate.main(["--bootstrap", "20", str(tmp_path / "trials"), str(tmp_path / "scores")])
    said = "an interval says little" if num_speakers == 4 else "no intervals, which need 3 or more"
    assert f"the trials have {num_speakers} speakers: {said}" in caplog.text
    assert ("95 %" in capsys.readouterr().out) == (num_speakers == 4)


def test_models_have_the_speakers_of_their_utterances(tmp_path: Path) -> None:
    (tmp_path / "utt2spk").write_text("a1 a\na2 a\nb1 b\n")
    (tmp_path / "enroll_spk2utt").write_text("m a1 a2\nn b1\n")
    assert find_utt2spk(tmp_path / "trials", None) == {
        "a1": "a", "a2": "a", "b1": "b", "m": "a", "n": "b",
    }  # fmt: skip
    (tmp_path / "enroll_spk2utt").unlink()
    assert find_utt2spk(tmp_path / "trials", None) == {"a1": "a", "a2": "a", "b1": "b"}
