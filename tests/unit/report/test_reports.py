"""speakernet results and collect-results: files of an experiment, and of a corpus."""

import json
from pathlib import Path

import pytest

from speakernet.bin import collect_results, results
from speakernet.config import UserError


def run_results(exp_dir: Path, trials_path: Path, *options: str) -> None:
    assert results.main([*options, str(exp_dir), str(trials_path)]) == 0


def test_results_of_an_experiment(
    exp_dir: Path, trials_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_results(exp_dir, trials_path, "--bootstrap", "30", "--p-targets", "0.01,0.05")
    rows = json.loads((exp_dir / "results.json").read_text())
    assert [(row["model"], row["trials"], row["scoring"]) for row in rows] == [
        ("base", "trials", "cosine")
    ]
    assert set(rows[0]["min_dcf"]) == {"0.01", "0.05"}
    assert (rows[0]["recipe"], rows[0]["mel_bins"]) == ("corpus/recipe", "80")
    untrained = json.loads((exp_dir / "untrained" / "results.json").read_text())
    assert untrained[0]["model"] == "untrained" and untrained[0]["eer"] > rows[0]["eer"]
    report = (exp_dir / "RESULTS.md").read_text()
    assert capsys.readouterr().out == report
    assert "| trials | untrained | cosine" in report
    assert f"{rows[0]['eer_interval'][0]:.2f} – {rows[0]['eer_interval'][1]:.2f}" in report
    assert "48 target and 448 non-target trials" in report
    assert "Intervals: 95 %, from 30 bootstrap draws of speakers on the scale of logits" in report
    assert (exp_dir / "det.png").read_bytes().startswith(b"\x89PNG")


def test_a_corpus_that_was_not_whole_is_told(
    exp_dir: Path, trials_path: Path, tmp_path: Path
) -> None:
    for folder, counts in (
        ("train_x", "2 of 5 speakers, 9 of 1200"),
        ("test", "8 of 9 speakers, 32 of 0"),
    ):
        (trials_path.parents[1] / folder).mkdir(exist_ok=True)
        table = trials_path.parents[1] / folder / "missing"
        table.write_text(f"found {counts} utterances\nspeaker s8\n")
    with (exp_dir / "recipe.yaml").open("a") as file:
        file.write("train_set: train_x\n")
    run_results(exp_dir, trials_path, "--bootstrap", "0")
    notes = [
        "Training set train_x was not whole: 9 of 1,200 utterances (0.75 %) of 2 of 5 speakers.",
        "Test set test was not whole: 32 of 0 utterances of 8 of 9 speakers.",
    ]
    report = (exp_dir / "RESULTS.md").read_text()
    assert all(f"- {note}\n" in report for note in notes)
    assert json.loads((exp_dir / "results.json").read_text())[0]["partial"] == notes
    collect_results.main([str(exp_dir.parent), str(tmp_path / "RESULTS.md")])
    assert f"- corpus/recipe: {notes[0]}\n" in (tmp_path / "RESULTS.md").read_text()
    # Once the corpus is whole, so are the results that are kept.
    table.unlink()
    run_results(exp_dir, trials_path, "--bootstrap", "0")
    assert json.loads((exp_dir / "results.json").read_text())[0]["partial"] == notes[:1]


def test_results_are_the_same_twice(exp_dir: Path, trials_path: Path) -> None:
    files = [exp_dir / name for name in ("results.json", "RESULTS.md", "det.png")]
    found = []
    for _ in range(2):
        run_results(exp_dir, trials_path, "--bootstrap", "10")
        found.append([file.read_bytes() for file in files])
        for file in files:
            file.unlink()
    assert found[0] == found[1]


def test_results_of_a_corpus(exp_dir: Path, trials_path: Path, tmp_path: Path) -> None:
    run_results(exp_dir, trials_path, "--bootstrap", "10")
    table = tmp_path / "published.tsv"
    table.write_text(
        "system\ttrain_set\tlmft\tmel_bins\tframes\tscoring\tp_target\ttrials_eer\ttrials_min_dcf\n"
        "recipe\tx_aug\tno\t80\t200\tcosine\t0.01 (z: 0.05)\t1.2345\t0.1234\n"
        "other\tx_aug\tyes\t40\t600\tasnorm\t0.05\t0.5\t0.05\n"
    )
    corpus, output = str(exp_dir.parent), tmp_path / "RESULTS.md"
    assert collect_results.main([corpus, str(output), "--published", str(table)]) == 0
    report = output.read_text()
    assert "# Results on corpus" in report and "corpus/recipe" in report
    assert "from 10 bootstrap draws" in report
    assert report.count("1.2345") == 2  # beside our row, and in the list of published ones
    assert "| other  |" in report  # not run yet


def test_a_corpus_without_results_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no results.json and no published figures"):
        collect_results.main([str(tmp_path), str(tmp_path / "RESULTS.md")])
    assert not (tmp_path / "RESULTS.md").exists()
