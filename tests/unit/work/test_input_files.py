"""What files from outside are."""

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from speakernet.work.input_files import HEAD_BYTES, kind_of, not_text


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"\n <!DOCTYPE HTML>\n<html>", "HTML"),
        (gzip.compress(b"x", mtime=0), "gzip"),
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
    assert "NumPy" in kind_of((tmp_path / "x.npy").read_bytes()[:HEAD_BYTES])


def test_what_is_no_table_is_named() -> None:
    assert "gzip" in not_text(gzip.compress(b"u1 s1\n", mtime=0))
    assert "HTML" in not_text(b"<html>\n") and "LFS" in not_text(b"version https://git-lfs x\n")
    assert not_text(b"RIFF01-a s1\n") == not_text(b"") == not_text(b"u1 \xc3\xa4\n") == ""
