"""run.sh on a small corpus of real voices, from Debian packages to EER, in a fresh checkout."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import speakernet
from speakernet.backend.embeddings import load_embeddings
from speakernet.bin import report
from speakernet.model.embedding_runs import RecordingSource
from speakernet.model.results import Embedding
from tests.browser import start_browser
from tests.checkout import copy_checkout
from tests.unit.report.page.hostile_experiment import make_hostile_experiment

RECIPE = "egs/debian_voices_subset/tdnn_c32"
EXP = Path("exp/debian_voices_subset/tdnn_c32")
SCORES = ["scores/trials.cosine", "scores/trials.asnorm", "lm/scores/trials.cosine"]

# Elements that reach beyond the window.
TOO_WIDE = """[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect(); return box.width && box.right > innerWidth + 1 })
  .map(e => e.outerHTML.slice(0, 200))"""
SMALLEST_PICTURE = """Math.min(...[...document.querySelectorAll('svg')].map(e => {
  const box = e.getBoundingClientRect(); return Math.min(box.width, box.height) }))"""
# The first recording, as far as the browser can read it.
PLAYED = """new Promise(done => { const audio = document.querySelector('audio');
  audio.onloadedmetadata = () => done(audio.duration > 0.3); audio.onerror = () => done(false);
  audio.preload = 'metadata'; audio.load() })"""

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git would give, with the environment that is there already."""
    return copy_checkout(repository, tmp_path_factory.mktemp("checkout"))


def run(checkout: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "run.sh", "--recipe", RECIPE, "--nj", "2", *options]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def finished(checkout: Path) -> Path:
    """The checkout after one whole run."""
    result = run(checkout)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return checkout


def eers(exp: Path) -> dict[tuple[str, str], float]:
    return {(r["model"], r["scoring"]): r["eer"] for r in json.loads(exp.read_text())}


def test_unseen_speakers_are_told_apart(finished: Path) -> None:
    rows = json.loads((finished / EXP / "results.json").read_text())
    assert {(r["model"], r["scoring"]) for r in rows} == {
        (model, scoring) for model in ("base", "lm") for scoring in ("cosine", "asnorm")
    }
    assert all(r["num_target"] > 50 and set(r["min_dcf"]) == {"0.01", "0.05"} for r in rows)
    untrained = min(eers(finished / EXP / "untrained/results.json").values())
    trained = min(eers(finished / EXP / "results.json").values())
    assert trained <= 25
    assert trained <= 0.75 * untrained


def test_everything_lies_in_kaldis_formats(finished: Path) -> None:
    data = finished / "data/debian_voices_subset"
    for name in ("train", "train_sp_aug", "test", "fbank80/train_sp_aug", "fbank80/test"):
        features = [] if name.startswith("fbank") else ["--no-feats"]
        check = ["utils/validate_data_dir.sh", "--no-text", *features, str(data / name)]
        subprocess.run(check, cwd=finished, check=True, capture_output=True)
    num_train = len((data / "train/utt2spk").read_text().splitlines())
    assert len((data / "fbank80/train_sp_aug/feats.scp").read_text().splitlines()) == 15 * num_train
    score = (finished / EXP / "scores/trials.cosine").read_text().splitlines()[0].split()
    assert len(score) == 3 and abs(float(score[2])) <= 1
    for name in (
        "recipe.yaml",
        "RESULTS.md",
        "det.png",
        "report.html",
        "report/trials.pairs.tsv",
        "train.jsonl",
        "embeddings_test/embedding.ark",
        "package/model.json",
    ):
        assert (finished / EXP / name).stat().st_size > 0


def test_the_last_model_is_ready_for_use(finished: Path) -> None:
    model = speakernet.load_model(finished / EXP / "package")
    assert model.description.name.endswith("tdnn_c32, lm") and model.description.calibration
    assert "CC-BY-SA" in (finished / EXP / "package/README.md").read_text()
    table = load_embeddings(finished / EXP / "lm/embeddings_test")
    wav = finished / "data/debian_voices_subset/wav"
    name = next(iter(table.rows))
    source = RecordingSource(name, next(wav.glob(f"*/{name}.wav")), utterance=name)
    (found,) = model.embed_sources([source])
    assert isinstance(found, Embedding)
    expected = table.vectors[table.rows[name]]  # of features that an archive has rounded
    assert found.vector @ expected > 0.99 * np.linalg.norm(found.vector) * np.linalg.norm(expected)


def test_the_report_in_a_browser(finished: Path, tmp_path: Path) -> None:
    """The page of a real run, and one whose names would be scripts: on a desk and in a hand."""
    hostile = make_hostile_experiment(tmp_path)
    output = hostile / "report.html"
    report.main(["--clips-mib", "1", "--data", str(tmp_path / "data"), str(hostile), str(output)])
    with start_browser(tmp_path) as browser:
        for page in (finished / EXP / "report.html", output):
            for width, height, scheme in ((1280, 900, "light"), (390, 844, "dark")):
                browser.show(page, width, height, scheme=scheme)
                browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
                assert browser.value("document.documentElement.scrollWidth") <= width
                assert browser.value(TOO_WIDE) == []
                assert browser.value(SMALLEST_PICTURE) > 150
                assert browser.value("document.querySelectorAll('polyline').length") > 8
                assert browser.value("document.scripts.length + document.images.length") == 0
                assert browser.value("document.title").endswith(page.parent.name)
                assert browser.complaints() == []
                others = [x for x in browser.requests() if not x.startswith("data:")]
                assert others == [page.resolve().as_uri()]
            assert browser.value(PLAYED) is True


def test_second_run_recomputes_nothing(finished: Path) -> None:
    before = stamps(finished)
    result = run(finished)
    assert result.returncode == 0
    assert ": started" not in result.stderr
    assert result.stderr.count(": done before, skipped") >= 15
    assert stamps(finished) == before
    # stdout is for results; what is said of the way there has one form, and ends with a summary.
    assert result.stdout == (finished / EXP / "RESULTS.md").read_text()
    lines = result.stderr.splitlines()
    assert all(re.match(r"\d{4}(-\d\d){2} \d\d(:\d\d){2} (stage \d |run\.sh: )", x) for x in lines)
    assert [x.split()[4] for x in lines if " run.sh: stage " in x] == list("12345678")
    expected = f" s; see {EXP}/RESULTS.md {EXP}/report.html {EXP}/package {EXP}/log"
    assert lines[-1].endswith(expected)


def test_scores_follow_an_archive_whose_index_is_the_same(finished: Path) -> None:
    """Embeddings of another network lie at the same places of a file of the same size."""
    ark, scores = (finished / EXP / name for name in ("embeddings_test/embedding.ark", SCORES[0]))
    embeddings, before = ark.read_bytes(), scores.read_bytes()
    for content, expected in ((embeddings[:-4] + b"\0\0\0\1", False), (embeddings, True)):
        ark.write_bytes(content)
        result = run(finished, "--stage", "7", "--stop-stage", "7")
        assert result.returncode == 0
        assert "inputs, embeddings_test, embedding.ark" in result.stderr
        assert (scores.read_bytes() == before) is expected


def test_a_folder_of_recordings_is_a_corpus(finished: Path, tmp_path: Path) -> None:
    root, corpus = tmp_path / "my folder", finished / "data/debian_voices_subset"
    for number, voice in enumerate(sorted((corpus / "wav").iterdir())[:4]):
        for take, wav in enumerate(sorted(voice.glob("*.wav"))[:4]):
            folder = root / f"Speaker: {number} ü" / f"day {take % 2}"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(wav, folder / f"take {take}.wav")
        stereo = ["-ac", "2", "-ar", "44100", f"{folder}/in stereo.m4a"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(wav), *stereo], check=True)
    (root / "noises").symlink_to(corpus / "musan/noise")
    (root / "RIRS_NOISES").symlink_to(corpus / "RIRS_NOISES")
    recipe = ["--recipe", "egs/folder/tdnn_c128_online", "--data-root", str(root)]
    result = run(finished, *recipe, "--stop-stage", "1")
    assert result.returncode == 0, result.stderr[-2000:]
    assert "train: 2 speakers, 10 utterances" in result.stderr
    lines = (finished / "data/folder/speakers.tsv").read_text().splitlines()
    assert {line.split("\t")[-1] for line in lines[1:]} == {f"Speaker: {n} ü" for n in range(4)}
    assert len((finished / "data/folder/test/trials").read_text().splitlines()) == 2 * 6 + 25


def stamps(checkout: Path) -> dict[Path, int]:
    """Modification times of all products but the report, which is always written."""
    reports = {"results.json", "RESULTS.md", "det.png", "draws.npz"}
    files = (f for top in ("data", "exp") for f in (checkout / top).rglob("*") if f.is_file())
    return {f: f.stat().st_mtime_ns for f in files if f.name not in reports and f.suffix != ".lock"}


KILLS = {
    "augmented copies": "data/*/train_sp_noise*",
    "features": "data/*/fbank80/ark/train_sp_aug/*.ark*",
    "training": f"{EXP}/checkpoints/*.pt",
    "embeddings": f"{EXP}/embeddings_*/log/extract.*.log",
}


def test_killed_in_four_stages_and_started_again_gives_the_same_scores(finished: Path) -> None:
    wanted = [(finished / EXP / name).read_bytes() for name in SCORES]
    (finished / "exp").rename(finished / "exp.first")
    for folder in (finished / "data/debian_voices_subset").iterdir():
        if folder.name.startswith(("musan_", "train_", "fbank80")):  # the corpus itself stays
            shutil.rmtree(folder)
    for stage, product in KILLS.items():
        kill_when(finished, product, stage)
    result = run(finished)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    # The losses first: they say where in a training two runs went apart.
    assert losses(finished / "exp") == losses(finished / "exp.first")
    assert [(finished / EXP / name).read_bytes() for name in SCORES] == wanted


def losses(top: Path) -> dict[int, float]:
    """Step to loss, the last word where a step was trained again after a kill."""
    lines = (top / EXP.relative_to("exp") / "train.jsonl").read_text().splitlines()
    return {r["step"]: r["loss"] for r in map(json.loads, lines) if "loss" in r}


def kill_when(checkout: Path, product: str, stage: str) -> None:
    """Start run.sh, and kill -9 it with all its children as soon as ``product`` begins to exist."""
    command = ["bash", "run.sh", "--recipe", RECIPE, "--nj", "2"]
    mark = f"{checkout}: {stage}"
    process = subprocess.Popen(
        command,
        cwd=checkout,
        env={**os.environ, "KILLED_IN": mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in seconds(900):
        assert process.poll() is None, f"run.sh ended before it was killed in stage '{stage}'"
        if any(checkout.glob(product)):
            break
    for number in processes_with(mark):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait()


def processes_with(mark: str) -> list[int]:
    """Return the processes that were started in the environment of ``mark``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"KILLED_IN={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def seconds(limit: float) -> Iterator[float]:
    """Yield the time every tenth of a second, until ``limit`` is over."""
    begin = time.monotonic()
    while time.monotonic() < begin + limit:
        yield time.monotonic()
        time.sleep(0.1)
    raise AssertionError(f"nothing happened in {limit} s")
