"""A scored experiment whose names would be markup, with recordings, for tests of the report."""

import json
import shutil
from pathlib import Path

import numpy as np
import soundfile

from speakernet.bin import results
from speakernet.kaldi.ark import ArkWriter
from tests.recordings import speech_like
from tests.unit.report.score_files import make_scored_experiment

SCRIPT = "<script>document.title='run'</script>"
IMAGE = "<img/src=x/onerror=document.title='run'>"


def make_hostile_experiment(folder: Path) -> Path:
    """Return exp/corpus/<script>…, with data/corpus/test beside exp/ and base scores.

    Utterances have names as ``s0-00<script>…``; languages, durations and sessions are known, the
    test set has embeddings, and one recording is a command.
    """
    exp_dir = make_scored_experiment(folder)
    hostile = exp_dir.with_name("<script>x='&\"</script> recipe".replace("/", "\N{DIVISION SLASH}"))
    shutil.move(exp_dir, hostile)
    test = folder / "data" / "corpus" / "test"
    test.parent.mkdir(parents=True)
    shutil.move(folder / "test", test)
    speakers = _rename(test, hostile)
    _write_tables(test, speakers)
    _write_embeddings(hostile / "embeddings_test", list(speakers))
    entry = {"loss": 2.0, "accuracy": 0.5, "time": 5.0}
    lines = [json.dumps({"step": step, **entry}) for step in (10, 20, 30)]
    (hostile / "train.jsonl").write_text("\n".join(lines) + "\n")
    with (hostile / "recipe.yaml").open("a") as file:
        file.write(f"# {SCRIPT}\n")
    results.main([str(hostile), str(test / "trials"), "--bootstrap", "8"])
    return hostile


def _rename(test: Path, exp_dir: Path) -> dict[str, str]:
    """Rename all utterances and speakers; return speakers by utterance."""
    table = dict(line.split() for line in (test / "utt2spk").read_text().splitlines())
    names = {utt: f"{utt}{SCRIPT if n % 2 else IMAGE}" for n, utt in enumerate(sorted(table))}
    for path in (test / "trials", *exp_dir.glob("**/scores/trials.cosine")):
        rows = (line.split() for line in path.read_text().splitlines())
        lines = (f"{names[one]} {names[two]} {rest}\n" for one, two, rest in rows)
        path.write_text("".join(lines))
    speakers = {names[utt]: f"{speaker}{IMAGE}" for utt, speaker in table.items()}
    (test / "utt2spk").write_text("".join(f"{u} {s}\n" for u, s in sorted(speakers.items())))
    return speakers


def _write_tables(test: Path, speakers: dict[str, str]) -> None:
    (test / "wav").mkdir()
    tables: dict[str, list[str]] = {name: [] for name in ("utt2dur", "utt2lang", "utt2session")}
    entries = []
    for number, (utt, speaker) in enumerate(sorted(speakers.items())):
        wav = test / "wav" / f"{number} %#?.wav"
        soundfile.write(wav, speech_like(8000 + 800 * number, number), 16000)
        entries.append(f"{utt} {wav}" if number else f"{utt} touch {test}/was-run; cat {wav} |")
        tables["utt2dur"].append(f"{utt} {0.5 + 0.05 * number:.2f}")
        tables["utt2lang"].append(f"{utt} {'nl' if number % 3 else SCRIPT}")
        tables["utt2session"].append(f"{utt} {speaker}-{number % 2}")
    for name, lines in {**tables, "wav.scp": entries}.items():
        (test / name).write_text("".join(f"{line}\n" for line in lines))


def _write_embeddings(folder: Path, names: list[str]) -> None:
    generator = np.random.default_rng(3)
    folder.mkdir()
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as ark:
        for name in sorted(names):
            ark.write(name, generator.normal(size=5).astype(np.float32))
