"""What files from outside are, and what is never opened."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.work.input_files import HEAD_BYTES, kind_of, open_input


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"\n <!DOCTYPE HTML>\n<html>", "HTML"),
        (gzip.compress(b"x"), "gzip"),
        (pickle.dumps({"a": 1}), "pickle"),
        (bytes(HEAD_BYTES), "zero bytes"),
        (b"", "empty"),
        (b"key \0BFM \4", ""),
    ],
)
def test_a_file_is_called_what_it_is(content: bytes, name: str) -> None:
    found = kind_of(content[:HEAD_BYTES])
    assert name in found and bool(found) == bool(name)


def test_an_array_of_numpy_is_called_so(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(3))
    with open_input(tmp_path / "x.npy") as file:
        assert "NumPy" in kind_of(file.read(HEAD_BYTES))


def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, message in (
        (tmp_path / "fifo", "found a pipe or device"),
        (Path("/dev/zero"), "found a pipe or device"),
        (tmp_path, "found a folder"),
        (tmp_path / "none", "no such file"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(UserError, match=message):
            open_input(path)
