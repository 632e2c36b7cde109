"""docs/security.md: no program runs what stands in an archive; commands are shown by its grep."""

import os
import pickle
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from speakernet.bin import apply_cmvn_sliding, compute_vad, extract_embeddings, score
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import read_utterance_index
from speakernet.kaldi.tables import read_table, write_table
from tests import tiny_experiment

ROOT = Path(__file__).resolve().parents[2]


class Payload:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


def train() -> None:
    data = Path("data/test")
    FeatureCrops(data, read_utterance_index(data), DataConfig())


def embed(*options: str) -> None:
    extract_embeddings.main([*options, "exp", "data/test", "emb"])


def score_embeddings(path: str) -> None:
    score.main(["exp", "data/test/trials", path, "scores"])


PROGRAMS: dict[str, Callable[[], object]] = {
    "compute_vad": lambda: compute_vad.main(["data/test", "vad.ark", "vad.scp"]),
    "apply_cmvn_sliding": lambda: apply_cmvn_sliding.main(
        ["data/test/feats.scp", "c.ark", "c.scp"]
    ),
    "extract_embeddings": lambda: embed("--nj", "1", "--job", "1"),
    "train": train,
    "score": lambda: score_embeddings("hostile.ark"),
    "score by an index": lambda: score_embeddings("data/test/feats.scp"),
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("marker", [b"PKL", b""])
def test_a_pickle_in_an_archive_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, marker: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_experiment.make(Path())
    (tmp_path / "hostile.ark").write_bytes(b"utt " + marker + pickle.dumps(Payload()))
    names = read_table(Path("data/test/feats.scp"))
    write_table(Path("data/test/feats.scp"), ((name, "hostile.ark:4") for name in names))
    with pytest.raises(UserError, match=r"hostile\.ark: .*Python pickle"):
        PROGRAMS[program]()
    assert not (tmp_path / "ran").exists()


def commands_of(lines: Sequence[str], folder: Path, name: str) -> list[str]:
    """Return the lines of a file of this name that the page's grep shows for the folder."""
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    found = re.search(r"`(grep -RanE [^`]*) FOLDER`", page)
    assert found is not None
    (folder / "data").mkdir()
    (folder / "data" / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    shown = subprocess.run(
        ["bash", "-c", f"{found[1]} ."], cwd=folder, capture_output=True, text=True, check=False
    )
    assert shown.stderr == ""
    return [line.split(":", 2)[2] for line in shown.stdout.splitlines()]


@pytest.mark.parametrize(
    "name",
    [
        "wav.scp",
        "embedding.scp",
        "raw_fbank80.3.scp",
        "rir_list",
        "noise_list",
        "mediumroom_rir_list",
    ],
)
def test_the_grep_of_the_page_shows_all_commands(tmp_path: Path, name: str) -> None:
    files = ["a x.ark:5", "b x|y.wav", "c x.ark:5[0:3]", "d '|'.wav"]
    commands = ["e cat x |", "f cat x|[0:4]", "g cat x | [0:4,1:2]", "h cat x |  ", "\0 cat |"]
    assert commands_of([*files, *commands], tmp_path, name) == commands


def test_kaldiio_is_no_part_of_the_package() -> None:
    for path in (ROOT / "speakernet").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) kaldiio", path.read_text("utf-8"), re.MULTILINE)
