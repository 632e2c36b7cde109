"""speakernet evaluate, results, collect-results, plot, export-voxsrc: files in, figures out."""

import json
from pathlib import Path

import numpy as np
import pytest

from speakernet.bin import collect_results, evaluate, export_voxsrc, plot, results, score
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.metrics.definitions import definitions
from speakernet.report.published import Published, is_list, published_figures, read_published

NUM_SPEAKERS, EACH = 8, 4

RECIPE = """\
features: fbank80
model: {name: tdnn_c8, embedding_dim: 6}
loss: {name: cm}
scoring: {top_n: 5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return exp/corpus/recipe beside test/{trials,utt2spk}, with base and untrained scores."""
    test, exp = tmp_path / "test", tmp_path / "exp" / "corpus" / "recipe"
    test.mkdir()
    generator = np.random.default_rng(0)
    of = np.repeat(np.arange(NUM_SPEAKERS), EACH)
    ids = [f"s{speaker}-{i:02d}" for i, speaker in enumerate(of)]
    left, right = np.triu_indices(len(ids), 1)
    labels = of[left] == of[right]
    trials = Trials([ids[i] for i in left], [ids[i] for i in right], labels)
    write_trials(test / "trials", trials)
    (test / "utt2spk").write_text("".join(f"{name} {name[:2]}\n" for name in ids))
    for model, gain in ((".", 3.0), ("untrained", 0.5)):
        (exp / model / "scores").mkdir(parents=True)
        scores = generator.normal(gain * labels, 1.0)
        write_scores(exp / model / "scores" / "trials.cosine", trials, scores)
    (exp / "recipe.yaml").write_text(RECIPE)
    return tmp_path


@pytest.fixture
def arguments(folder: Path) -> list[str]:
    scores = folder / "exp" / "corpus" / "recipe" / "scores" / "trials.cosine"
    return ["--trials", str(folder / "test" / "trials"), "--scores", str(scores)]


def run_results(folder: Path, *options: str) -> Path:
    exp = folder / "exp" / "corpus" / "recipe"
    assert results.main([str(exp), str(folder / "test" / "trials"), *options]) == 0
    return exp


def test_evaluate_prints_json(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--p-target", "0.01,0.05", "--bootstrap", "20", "--json"]
    assert evaluate.main([*arguments, *options]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["num_target"] == NUM_SPEAKERS * EACH * (EACH - 1) // 2
    assert row["num_target"] + row["num_nontarget"] == 32 * 31 // 2
    assert set(row["min_dcf"]) == {"0.01", "0.05"}
    assert row["eer_interval"][0] <= row["eer"] <= row["eer_interval"][1]
    assert row["definition"] == "speakernet"


@pytest.mark.parametrize("name", definitions.names())
def test_evaluate_states_the_definition(
    arguments: list[str], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    evaluate.main([*arguments, "--definition", name])
    output = capsys.readouterr().out
    assert definitions.get(name).text in output
    for p_target in definitions.get(name).p_targets:
        assert f"minDCF({p_target:g})" in output


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
def test_bad_scores_are_errors(arguments: list[str], change: "object", message: str) -> None:
    path = Path(arguments[3])
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in change(lines)))  # type: ignore[operator]
    with pytest.raises(UserError, match=message):
        evaluate.main(arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--p-target", "0.01,x"], "--p-target '0.01,x'"),
        (["--p-target", "1.5"], "p_target 1.5"),
        (["--definition", "nits"], "did you mean 'nist'"),
        (
            ["--bootstrap", "5", "--definition", "voxsrc2020"],
            "goes with the definition 'speakernet'",
        ),
        (["--bootstrap", "-5"], "--bootstrap -5"),
    ],
)
def test_bad_options_are_errors(arguments: list[str], options: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        evaluate.main([*arguments, *options])


def test_bootstrap_needs_speakers(arguments: list[str], folder: Path) -> None:
    (folder / "test" / "utt2spk").unlink()
    with pytest.raises(UserError, match="needs an utt2spk"):
        evaluate.main([*arguments, "--bootstrap", "5"])


def test_results_of_an_experiment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exp = run_results(folder, "--bootstrap", "30", "--p-target", "0.01,0.05")
    rows = json.loads((exp / "results.json").read_text())
    assert [(row["model"], row["trials"], row["scoring"]) for row in rows] == [
        ("base", "trials", "cosine")
    ]
    assert set(rows[0]["min_dcf"]) == {"0.01", "0.05"}
    untrained = json.loads((exp / "untrained" / "results.json").read_text())
    assert untrained[0]["model"] == "untrained" and untrained[0]["eer"] > rows[0]["eer"]
    report = (exp / "RESULTS.md").read_text()
    assert capsys.readouterr().out == report
    assert "| trials | untrained | cosine" in report
    assert f"{rows[0]['eer_interval'][0]:.2f} – {rows[0]['eer_interval'][1]:.2f}" in report
    assert "48 target and 448 non-target trials" in report
    assert (exp / "det.png").read_bytes().startswith(b"\x89PNG")


def test_results_are_the_same_twice(folder: Path) -> None:
    files = ("results.json", "RESULTS.md", "det.png")
    found = []
    for _ in range(2):
        exp = run_results(folder, "--bootstrap", "10")
        found.append([(exp / name).read_bytes() for name in files])
        for name in files:
            (exp / name).unlink()
    assert found[0] == found[1]


def test_results_are_kept_until_something_changes(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def evaluated(*options: str) -> int:
        caplog.clear()
        run_results(folder, *options)
        return sum("evaluating" in message for message in caplog.messages)

    caplog.set_level("INFO")
    assert evaluated() == 2
    assert evaluated() == 0
    assert evaluated("--bootstrap", "10") == 2
    scores = folder / "exp" / "corpus" / "recipe" / "scores" / "trials.cosine"
    lines = scores.read_text().splitlines(keepends=True)
    scores.write_text("".join(["s0-00 s0-01 0.5\n", *lines[1:]]))
    assert evaluated("--bootstrap", "10") == 1
    before = (folder / "exp" / "corpus" / "recipe" / "RESULTS.md").read_text()
    (scores.parent / "trials.asnorm").write_text("".join(lines))
    (scores.parent / "trials.asnorm.json").write_text("{}")
    assert evaluated("--bootstrap", "10") == 1
    (scores.parent / "trials.asnorm").unlink()
    assert evaluated("--bootstrap", "10") == 0
    assert (folder / "exp" / "corpus" / "recipe" / "RESULTS.md").read_text() == before


def test_results_need_scores(folder: Path) -> None:
    (folder / "exp" / "corpus" / "recipe" / "scores" / "trials.cosine").unlink()
    with pytest.raises(UserError, match="no scores of trials"):
        run_results(folder)


def test_results_of_a_corpus(folder: Path) -> None:
    run_results(folder, "--bootstrap", "10")
    table = folder / "published.tsv"
    table.write_text(
        "system\ttrain_set\tlmft\tmel_bins\tframes\tscoring\tp_target\ttrials_eer\ttrials_min_dcf\n"
        "recipe\tx_aug\tno\t80\t200\tcosine\t0.01 (z: 0.05)\t1.2345\t0.1234\n"
        "other\tx_aug\tyes\t40\t600\tasnorm\t0.05\t0.5\t0.05\n"
    )
    output = folder / "RESULTS.md"
    exp = str(folder / "exp" / "corpus")
    assert collect_results.main([exp, str(output), "--published", str(table)]) == 0
    report = output.read_text()
    assert "# Results on corpus" in report and "corpus/recipe" in report
    assert report.count("1.2345") == 2  # beside our row, and in the list of published ones
    assert "| other  |" in report  # not run yet
    (folder / "exp" / "corpus" / "recipe" / "results.json").write_text("{}")
    with pytest.raises(UserError, match="not a list of results"):
        collect_results.main([exp, str(output)])


def test_published_figures_stand_beside_the_right_rows(repository: Path) -> None:
    published = [
        Published("m", "v2_aug", True, "40", "600", "asnorm", "vox1_o", "1.0", "0.1", "0.01")
    ]
    row = {"recipe": "voxceleb/m_fbank40", "model": "lm", "scoring": "asnorm",
           "trials": "trials_vox1_o_clean", "mel_bins": "40", "train_set": "v2"}  # fmt: skip
    assert published_figures(row, published) == ("1.0", "0.1")
    for change in ({"model": "base"}, {"scoring": "cosine"}, {"mel_bins": "80"},
                   {"trials": "trials_vox1_e"}, {"recipe": "voxceleb/n"},
                   {"train_set": "v1"}):  # fmt: skip
        assert published_figures({**row, **change}, published) is None
    assert is_list("Vox1-O", "vox1_o") and is_list("trials_o_clean", "vox1_o")
    assert not is_list("trials_e_clean", "vox1_o") and not is_list("vox1_other", "vox1_o")
    table = repository / "egs" / "voxceleb" / "published.tsv"
    assert len(read_published(table)) > 100


@pytest.mark.parametrize("kind", ["det", "histogram", "bayes", "calibration"])
def test_plots(arguments: list[str], tmp_path: Path, kind: str) -> None:
    for name in ("p.png", "p.svg"):
        assert plot.main([kind, str(tmp_path / name), *arguments]) == 0
        assert (tmp_path / name).stat().st_size > 5000


def test_voxsrc_form(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = folder / "submission.txt"
    export_voxsrc.main([arguments[1], arguments[3], str(output)])
    value, one, two = output.read_text().split("\n", 1)[0].split()
    assert 0 <= float(value) <= 1 and (one, two) == ("s0-00", "s0-01")
    figures = []
    for scores in (arguments[3], str(output)):
        evaluate.main([*arguments[:2], "--scores", scores, "--definition", "voxsrc", "--json"])
        (row,) = json.loads(capsys.readouterr().out)
        figures.append((row["eer"], row["min_dcf"]))
    assert figures[0] == figures[1]
    assert set(figures[0][1]) == {"0.05"}


def test_score_program(folder: Path) -> None:
    generator = np.random.default_rng(0)
    ids = [line.split()[0] for line in (folder / "test" / "utt2spk").read_text().splitlines()]
    for name, members in (("test", ids), ("cohort", [f"c{i:02d}" for i in range(30)])):
        (folder / name).mkdir(exist_ok=True)
        ark = folder / name / "embedding.ark"
        with ArkWriter(ark, ark.with_suffix(".scp")) as writer:
            for member in members:
                writer.write(member, generator.normal(size=6).astype(np.float32))
    (folder / "cohort" / "utt2spk").write_text("".join(f"c{i:02d} c{i % 9}\n" for i in range(30)))
    common = [str(folder / "exp" / "corpus" / "recipe"), str(folder / "test")]
    trials_option = ["--trials", str(folder / "test" / "trials")]
    cohort = ["--cohort-embeddings", str(folder / "cohort"),
              "--cohort-utt2spk", str(folder / "cohort" / "utt2spk")]  # fmt: skip
    score.main([*common, str(folder / "a"), *trials_option])
    score.main([*common, str(folder / "b"), *trials_option, *cohort,
                "--set", "scoring.plda={iterations: 2}"])  # fmt: skip
    assert {path.name for path in (folder / "a").iterdir()} == {"trials.cosine", "utt2norm"}
    assert {path.name for path in (folder / "b").iterdir()} == {
        "trials.cosine", "trials.asnorm", "trials.plda", "utt2norm", "utt2cohort_mean"
    }  # fmt: skip
    trials = read_trials(folder / "test" / "trials")
    one, two = (read_scores(folder / x / "trials.cosine", trials) for x in "ab")
    np.testing.assert_array_equal(one, two)
    for settings in ("scoring.subtract_mean=true", "scoring.cohort=utterances"):
        score.main([*common, str(folder / "c"), *trials_option, *cohort, "--set", settings])
        other = read_scores(folder / "c" / "trials.asnorm", trials)
        assert not np.array_equal(other, read_scores(folder / "b" / "trials.asnorm", trials))
    with pytest.raises(UserError, match="needs --cohort-embeddings"):
        score.main([*common, str(folder / "d"), *trials_option,
                    "--set", "scoring.subtract_mean=true"])  # fmt: skip
    (folder / "test" / "trials").write_text("s0-00 nobody target\n")
    with pytest.raises(UserError, match="trials:1: 'nobody' has no embedding"):
        score.main([*common, str(folder / "d"), *trials_option])
