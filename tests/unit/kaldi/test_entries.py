"""Entries of archives that others made: what is read, and that nothing in them is run."""

import os
import pickle
import struct
from io import BytesIO
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.ark import read_ark, read_matrix


class Payload:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


def object_array() -> bytes:
    content = BytesIO()
    np.save(content, np.array([Payload()], object), allow_pickle=True)
    size = content.getbuffer().nbytes
    return b"NPY" + bytes([2]) + struct.pack("<H", size) + content.getvalue()


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (b"PKL" + pickle.dumps(Payload()), "pickle"),
        (pickle.dumps(Payload()), "pickle"),
        (object_array(), "NumPy"),
        (b"AUDIO\1\4RIFF", "audio"),
        (b"RIFF" + bytes(40), "wav"),
        (b"fLaC" + bytes(40), "flac"),
        (b"\0BXM " + bytes(40), "type b'XM"),
        (b"<html><body>404</body></html>\n", "HTML"),
        (b"[ 1 2 __import__('os') ]\n", "expected a matrix or vector of Kaldi's"),
        (b"[ 1_0 2 ]\n", "expected a matrix"),
        (b"1.5 2\n", "expected a matrix"),
        (b"[ 1 2\n", "without ']'"),
        (b"[\n 1 2\n 3 ]\n", "not equally long"),
        (b"99999999999\n", "more than 32 bits"),
    ],
)
def test_what_is_no_array_is_named_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: bytes, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.ark").write_bytes(b"utt7 " + entry)
    with pytest.raises(UserError, match="x.ark: 'utt7': ") as caught:
        list(read_ark(Path("x.ark")))
    assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"^'utt7': .*x\.ark: ") as caught:
        read_matrix("x.ark:5", "utt7")
    assert name in str(caught.value)
    with pytest.raises(UserError, match="^'utt7': "):
        read_matrix("tail -c +6 x.ark |", "utt7")
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
        (b"\x1f\x8b\x08" + bytes(range(33, 99)) * 3, "gzip"),
        (b"x" * 70000, "expected a matrix"),
        (b"\xff\xfe ", "expected a matrix"),
        (b"a 1 2\nb\nc 3 4\n", "expected a matrix"),
    ],
)
def test_what_is_no_archive_is_named(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "x.ark").write_bytes(content)
    with pytest.raises(UserError, match=name):
        list(read_ark(tmp_path / "x.ark"))


HUGE = struct.pack("<bi", 4, 2**31 - 1)
HEADERS = {
    "float matrix": b"\0BFM " + HUGE + HUGE,
    "float vector": b"\0BFV " + HUGE,
    "double vector": b"\0BDV " + HUGE,
    "integers": b"\0B" + HUGE,
    "negative": b"\0BFM " + struct.pack("<bibi", 4, -5, 4, 5),
    "negative integers": b"\0B" + struct.pack("<bi", 4, -1),
    "compressed": b"\0BCM " + struct.pack("<ffii", 0, 1, 2**31 - 1, 2**31 - 1),
    "two bytes": b"\0BCM2 " + struct.pack("<ffii", 0, 1, 2**31 - 1, 5),
    "nan": b"\0BCM3 " + struct.pack("<ffii", float("nan"), 1, 1, 1),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.usefixtures("little_memory")
def test_sizes_that_the_file_does_not_hold(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "x.ark").write_bytes(b"u " + header + b"12345678")
    with pytest.raises(UserError, match=r"x\.ark: 'u': "):
        list(read_ark(tmp_path / "x.ark"))
    with pytest.raises(UserError):
        read_matrix(f"tail -c +3 {tmp_path}/x.ark |")


def test_texts_as_kaldi_writes_them(tmp_path: Path) -> None:
    (tmp_path / "t").write_text(
        "m  [\n  1.5 -2e3 \n  nan inf ]\nrow  [\n  1 2 ]\nv  [ 1 0 1 ]\nnone  [ ]\ni 3 -4 \n"
    )
    found = dict(read_ark(tmp_path / "t"))
    np.testing.assert_array_equal(found["m"], np.array([[1.5, -2000], [np.nan, np.inf]], "f"))
    assert {key: array.shape for key, array in found.items()} == {
        "m": (2, 2), "row": (1, 2), "v": (3,), "none": (0,), "i": (2,),
    }  # fmt: skip
    assert found["i"].dtype == np.int32 and found["i"].tolist() == [3, -4]


def test_integers_as_kaldiio_writes_them(tmp_path: Path) -> None:
    values = np.array([7, -1, 2**31 - 1], np.int32)
    kaldiio.save_ark(str(tmp_path / "x.ark"), {"a": values, "b": values[:0]})
    found = dict(read_ark(tmp_path / "x.ark"))
    np.testing.assert_array_equal(found["a"], values)
    assert found["b"].shape == (0,)


@pytest.mark.parametrize("command", ["exit 3", "cat none", "echo no; false"])
def test_a_command_that_fails_is_an_error(command: str) -> None:
    with pytest.raises(UserError, match="status [13] from"):
        read_matrix(f"{command} |")


def test_a_command_may_write_for_ever(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0BFV \4\1\0\0\0\0\0\x80?")
    np.testing.assert_array_equal(read_matrix(f"cat {tmp_path}/x /dev/zero |"), [1.0])
    with pytest.raises(UserError, match="the output of 'cat /dev/zero |'"):
        read_matrix("cat /dev/zero |")
