"""Checksums of many files: read once, looked at often."""

import os
import shutil
from pathlib import Path

import pytest

from speakernet.work import known_checksums
from speakernet.work.files import Checksum
from speakernet.work.known_checksums import common_folder, digests_of_files
from speakernet.work.record import compute_checksum
from tests.unit.work.small_products import write

pytestmark = pytest.mark.usefixtures("here")

TABLE = Path("tables/t")


@pytest.fixture
def files() -> list[str]:
    return [str(write(f"corpus/{name}.wav", name)) for name in ("a/1", "a/2", "b/1")]


def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read from now on."""
    seen: list[str] = []

    def note(path: Path) -> Checksum:
        seen.append(path.name)
        return compute_checksum(path)

    monkeypatch.setattr(known_checksums, "compute_checksum", note)
    return seen


def test_only_what_has_another_time_or_size_is_read(
    files: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    first = digests_of_files(files, TABLE)
    seen = read_files(monkeypatch)
    assert digests_of_files(files, TABLE) == first
    assert seen == []
    os.utime(files[1], (5, 5))
    assert digests_of_files(files, TABLE) == first
    assert digests_of_files(files, TABLE) == first
    assert seen == ["2.wav"] and caplog.messages == []
    write(files[1], "longer")
    changed = digests_of_files(files, TABLE)
    assert [one == other for one, other in zip(first, changed, strict=True)] == [True, False, True]
    assert caplog.messages == ["corpus/a/2.wav has changed"]


def test_files_that_have_moved_are_known(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = digests_of_files(files, TABLE)
    shutil.move("corpus", "disk 2")
    seen = read_files(monkeypatch)
    moved = [file.replace("corpus", "disk 2") for file in files]
    assert digests_of_files(moved, TABLE) == first
    assert seen == []


def test_what_cannot_be_read_has_no_digest(files: list[str]) -> None:
    os.mkfifo("corpus/fifo")
    os.remove(files[0])
    odd = [files[0], "corpus", "corpus/fifo", "corpus/\0", ""]
    assert digests_of_files([*odd, files[1], files[1]], TABLE)[:5] == [""] * 5
    write(files[0], "a/1")
    assert digests_of_files(files, TABLE)[0] != ""


@pytest.mark.parametrize("text", ["", "x", "1 2 d", "a b c d\n", "\0\xff"])
def test_a_damaged_table_is_none(files: list[str], text: str) -> None:
    first = digests_of_files(files, TABLE)
    write(TABLE, text)
    assert digests_of_files(files, TABLE) == first


def test_a_folder_that_may_not_be_written_to(files: list[str]) -> None:
    write("tables", "a file")
    assert len(set(digests_of_files(files, TABLE))) == 3


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        ([], "."),
        (["x.wav"], "."),
        (["/a/b/c.wav"], "/a/b"),
        (["/a/b/c.wav", "/a/bc/d.wav"], "/a"),
        (["/a/x", "b/x"], "."),
        (["d/e/x", "d/x"], "d"),
    ],
)
def test_the_folder_above_all(paths: list[str], folder: str) -> None:
    assert common_folder(paths) == folder
