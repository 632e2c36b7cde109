"""Files and folders that appear whole or not at all, also with two writers."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.files import (
    folder_for_replace,
    open_for_replace,
    path_for_replace,
    scratch_folder,
)
from speakernet.work.record import compute_checksum, digest_of_file


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.scp"
    path.write_bytes(b"old\n")
    with open_for_replace(path) as file:
        file.write(b"new ")
        file.writelines([b"lines\n"] * 3)
        assert path.read_bytes() == b"old\n"
    assert path.read_bytes() == b"new lines\nlines\nlines\n"
    assert file.checksum == compute_checksum(path)
    assert os.listdir(tmp_path) == ["a.scp"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), open_for_replace(path) as file:
        file.write(b"half")
        raise KeyError
    assert (path.read_bytes(), os.listdir(tmp_path)) == (b"old", ["a"])


@pytest.mark.parametrize("size", [1, 1 << 20, (3 << 20) + 17])
def test_the_checksum_is_that_of_the_file(tmp_path: Path, size: int) -> None:
    with open_for_replace(tmp_path / "a") as file:
        for start in range(0, size, 700_001):
            file.write(bytes(min(700_001, size - start)))
    assert file.checksum.size == size
    assert file.checksum.digest == digest_of_file(tmp_path / "a")


def test_two_writers_of_one_file_write_two_files(tmp_path: Path) -> None:
    with open_for_replace(tmp_path / "a") as first, open_for_replace(tmp_path / "a") as second:
        second.write(b"second")
        first.write(b"first, longer")
    assert (tmp_path / "a").read_bytes() == b"first, longer"  # it was published last
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("where", ["missing/a", "file/a"])
def test_a_folder_that_is_none(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="No such file or directory|Not a directory"):
        open_for_replace(tmp_path / where)


def test_something_else_writes_the_file(tmp_path: Path) -> None:
    with path_for_replace(tmp_path / "a.png") as temporary:
        temporary.write_bytes(b"picture")
        assert not (tmp_path / "a.png").exists()
    assert (tmp_path / "a.png").read_bytes() == b"picture"
    with pytest.raises(ValueError), path_for_replace(tmp_path / "b") as temporary:
        temporary.write_bytes(b"half")
        raise ValueError
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_link_replaces_another_link_of_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "epoch-003.pt").write_bytes(b"weights")
    for _ in range(2):
        with path_for_replace(tmp_path / "final.pt") as temporary:
            temporary.hardlink_to(tmp_path / "epoch-003.pt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-003.pt", "final.pt"]


def test_a_folder_replaces_a_folder_a_link_and_nothing(tmp_path: Path) -> None:
    for content in ("first", "second"):
        with folder_for_replace(tmp_path / "d") as folder:
            (folder / content).touch()
        assert os.listdir(tmp_path / "d") == [content]
    (tmp_path / "link").symlink_to("d")
    with folder_for_replace(tmp_path / "link") as folder:
        (folder / "third").touch()
    assert os.listdir(tmp_path / "d") == ["third"]
    assert (tmp_path / "link").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["d", "link"]


def test_many_writers_of_one_folder(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            with folder_for_replace(tmp_path / "d") as folder:
                for name in "abc":
                    (folder / name).write_text(str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(os.listdir(tmp_path / "d")) == ["a", "b", "c"]
    assert len({(tmp_path / "d" / name).read_text() for name in "abc"}) == 1
    assert os.listdir(tmp_path) == ["d"]


def test_a_scratch_folder_goes(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "work") as one, scratch_folder(tmp_path / "work") as other:
        assert one != other
        (one / "a").touch()
    assert os.listdir(tmp_path) == []


WRITER = """
import sys, time
from pathlib import Path
from speakernet.work.files import open_for_replace
with open_for_replace(Path(sys.argv[1])) as file:
    print("open", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_left_goes_with_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (leftover,) = tmp_path.iterdir()
        with open_for_replace(path):
            assert leftover.exists()  # its writer lives
        process.kill()
    with open_for_replace(tmp_path / "other"):
        assert leftover.exists()
    with open_for_replace(path):
        assert not leftover.exists()
