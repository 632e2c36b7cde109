"""docs/use.md: its commands and its Python run, in its order; so does the notebook."""

import contextlib
import glob
import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from speakernet.audio.wav import write_wav
from speakernet.bin import cli
from tests import packaged_model
from tests.docs.test_tutorial import FENCE

EXPERIMENT = Path("exp/debian_voices/tdnn_c128")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder of the document: a model that is packaged, and recordings."""
    folder = tmp_path_factory.mktemp("use")
    packaged_model.make(folder / "made")
    packaged_model.make_experiment(folder, scoring={"normalization": "none"})
    (folder / EXPERIMENT).parent.mkdir(parents=True)
    shutil.move(folder / "exp/checkpoints", folder / EXPERIMENT / "checkpoints")
    shutil.move(folder / "exp/recipe.yaml", folder / EXPERIMENT / "recipe.yaml")
    shutil.move(folder / "made/package", folder / EXPERIMENT / "package")
    shutil.copytree(folder / "made/data", folder / "data/debian_voices/test")
    for table in ("wav.scp", "utt2spk"):  # without those that are too short
        path = folder / "data/debian_voices/test" / table
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "-0 " not in line))
    (folder / "recordings").mkdir()
    for name, speaker, number in (
        ("one", 0, 1),
        ("unknown", 0, 3),
        ("ada1", 0, 2),
        ("ada2", 0, 4),
        ("other", 1, 1),
        ("recordings/a", 2, 1),
        ("recordings/b", 3, 1),
    ):
        write_wav(folder / f"{name}.wav", packaged_model.voice(speaker, number, 2.0), 16000)
    for source, target in (("other.wav", "other.m4a"), ("one.wav", "two.flac")):
        convert = ["ffmpeg", "-v", "error", "-i", source, "-ar", "44100", "-ac", "2", target]
        subprocess.run(convert, cwd=folder, check=True)
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


def blocks(repository: Path, language: str) -> list[str]:
    text = (repository / "docs/use.md").read_text(encoding="utf-8")
    return [content for name, content in FENCE.findall(text) if name == language]


def call(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a line of the document in this process: a command, maybe behind ``find … |``."""
    listing, _, command = line.rpartition(" | ")
    if listing:
        found = subprocess.run(shlex.split(listing), capture_output=True, check=True).stdout
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(found)))
    program, *words = shlex.split(command)
    assert program == "speakernet"
    return cli.main(words)


def test_commands_of_the_document_run(
    repository: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["speakernet"])
    lines = [line for block in blocks(repository, "bash") for line in block.splitlines()]
    commands = {line.rpartition("speakernet ")[2].split()[0] for line in lines}
    assert commands == {
        *("package", "verify", "embed", "enroll", "identify", "list-people", "remove-person"),
        "compare",
    }
    for line in lines:
        assert call(line, monkeypatch) in (0, 1), line
    assert {"embeddings.npz", "embeddings.ark", "embeddings.scp"} <= set(glob.glob("*"))
    assert (place / "exp/base_package/model.json").is_file()


def test_python_of_the_document_runs(repository: Path, place: Path) -> None:
    cli.main(shlex.split(f"enroll people {EXPERIMENT}/package Ada ada1.wav ada2.wav"))
    (program,) = blocks(repository, "python")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(program, "docs/use.md", "exec"), {})
    lines = output.getvalue().splitlines()
    assert lines[1:3] == ["one.wav", "other.wav"] and len(lines) == 4


def test_the_notebook_runs(repository: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(repository))
    notebook = nbformat.read(repository / "docs/use.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(place)}})
    client.execute()
    assert sum(bool(cell.get("outputs")) for cell in notebook.cells) >= 4
