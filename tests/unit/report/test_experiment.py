"""Score files of an experiment are found, and evaluated once."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.experiment import evaluate_experiment, find_score_files
from speakernet.report.results import read_results
from speakernet.report.tables import trial_list_sizes
from speakernet.work.products import finish_product

OPTIONS = EvaluationOptions(definitions.get("speakernet"), (0.01,))
WITH_DRAWS = EvaluationOptions(definitions.get("speakernet"), (0.01,), bootstrap=10)


def test_results_are_kept_until_something_changes(
    exp_dir: Path, trials_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def evaluated(options: EvaluationOptions) -> tuple[int, bool]:
        caplog.clear()
        _, changed = evaluate_experiment(exp_dir, [trials_path], options, None, {})
        return sum("evaluating" in message for message in caplog.messages), changed

    caplog.set_level("INFO")
    assert evaluated(OPTIONS) == (2, True)
    assert evaluated(OPTIONS) == (0, False)
    assert evaluated(WITH_DRAWS) == (2, True)
    scores = exp_dir / "scores" / "trials.cosine"
    lines = scores.read_text().splitlines(keepends=True)
    scores.write_text("".join(["s0-00 s0-01 0.5\n", *lines[1:]]))
    assert evaluated(WITH_DRAWS) == (1, True)
    before = (exp_dir / "results.json").read_text()
    (scores.parent / "trials.asnorm").write_text("".join(lines))
    (scores.parent / "trials.asnorm.json").write_text("{}")
    assert evaluated(WITH_DRAWS) == (1, True)
    (scores.parent / "trials.asnorm").unlink()
    finish_product(scores.parent, [], {})  # a run that made no such scores
    assert evaluated(WITH_DRAWS) == (0, True)
    assert (exp_dir / "results.json").read_text() == before
    (exp_dir / "results.json").write_text("damaged")
    assert evaluated(WITH_DRAWS) == (1, True)
    (exp_dir / "draws.npz").unlink()
    assert evaluated(WITH_DRAWS) == (2, True)
    assert evaluated(WITH_DRAWS) == (0, False)
    assert (exp_dir / "results.json").read_text() == before


def test_trials_that_were_left_out_are_counted(exp_dir: Path, trials_path: Path) -> None:
    rows, _ = evaluate_experiment(exp_dir, [trials_path], OPTIONS, None, {})
    assert not any("left out" in line for line in trial_list_sizes(rows))
    trials_path.with_name("trials.left_out").write_text("s0-00 gone target\ngone s1-00 nontarget\n")
    rows, changed = evaluate_experiment(exp_dir, [trials_path], OPTIONS, None, {})
    assert changed
    (line,) = trial_list_sizes(read_results(exp_dir / "results.json"))
    assert line.endswith("trials. 2 are left out, as their recordings are missing.  ")


def test_a_row_does_not_go_because_its_scores_are_gone(exp_dir: Path, trials_path: Path) -> None:
    other = exp_dir / "scores" / "trials.asnorm"
    other.write_text((exp_dir / "scores" / "trials.cosine").read_text())
    evaluate_experiment(exp_dir, [trials_path], OPTIONS, None, {})
    before = (exp_dir / "results.json").read_text()
    other.unlink()
    with pytest.raises(UserError, match=r"scores/trials\.asnorm is missing.*--stage 7"):
        evaluate_experiment(exp_dir, [trials_path], OPTIONS, None, {})
    assert (exp_dir / "results.json").read_text() == before


@pytest.mark.parametrize("model", ["", "untrained"])
def test_scores_that_were_touched_are_no_results(
    model: str, exp_dir: Path, trials_path: Path
) -> None:
    scores = exp_dir / model / "scores"
    finish_product(scores, [], {})
    path = scores / "trials.cosine"
    path.write_text(path.read_text().replace("0.", "1.", 1))
    with pytest.raises(UserError, match="was changed after it had been made; make the scores"):
        find_score_files(exp_dir, [trials_path])
    path.unlink()
    with pytest.raises(UserError, match="is missing; make the scores again"):
        find_score_files(exp_dir, [trials_path])


def test_score_files_of_all_models(exp_dir: Path, trials_path: Path) -> None:
    (exp_dir / "lm" / "scores").mkdir(parents=True)
    (exp_dir / "lm" / "scores" / "trials.asnorm").touch()
    (exp_dir / "scores" / "trials.cosine.tmp").touch()
    found = find_score_files(exp_dir, [trials_path])
    expected = [("untrained", "cosine"), ("base", "cosine"), ("lm", "asnorm")]
    assert [(file.model, file.kind) for file in found] == expected
    (exp_dir / "scores" / "trials.cosine").unlink()
    with pytest.raises(UserError, match="no scores of trials"):
        find_score_files(exp_dir, [trials_path])
