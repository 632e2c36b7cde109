"""Score files of an experiment are found, and evaluated once."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.experiment import evaluate_experiment, find_score_files

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
    assert evaluated(WITH_DRAWS) == (0, True)
    assert (exp_dir / "results.json").read_text() == before
    (exp_dir / "results.json").write_text("damaged")
    assert evaluated(WITH_DRAWS) == (1, True)


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
