"""Parts of an archive that are read as one file."""

import io
import re
import shutil
import stat
import struct
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from zip_parts import read_entries, unpack

from speakernet.config import UserError


def make_zip(folder: Path, entries: Sequence[tuple[str | zipfile.ZipInfo, bytes]]) -> list[Path]:
    """A zip in two parts."""
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # names that come twice
        for name, data in entries:
            archive.writestr(name, data)
    return in_parts(folder, content.getvalue())


def in_parts(folder: Path, data: bytes) -> list[Path]:
    parts = [folder / f"x_part{letter}" for letter in "ab"]
    parts[0].write_bytes(data[: len(data) // 2])
    parts[1].write_bytes(data[len(data) // 2 :])
    return parts


def is_audio(name: str) -> bool:
    return name.lower().endswith((".wav", ".m4a"))


def unpack_all(parts: list[Path], folder: Path, num_threads: int = 2) -> int:
    return unpack(parts, read_entries(parts, is_audio), folder.joinpath, num_threads)


def test_files_of_an_archive_in_parts_are_unpacked_once(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    files = {f"wav/id{n}/v {n}/é{n}.wav": random.bytes(5000) for n in range(5)}
    parts = make_zip(tmp_path, [*files.items(), ("../readme.txt", b"x"), ("wav/", b"")])
    assert [entry.name for entry in read_entries(parts, is_audio)] == list(files)
    assert unpack_all(parts, tmp_path / "out") == 5
    found = {p for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert found == {tmp_path / "out" / name for name in files}
    assert all((tmp_path / "out" / name).read_bytes() == data for name, data in files.items())
    (tmp_path / "out" / "wav/id3/v 3/é3.wav").write_bytes(b"cut")
    assert unpack_all(parts, tmp_path / "out", 7) == 1
    assert (tmp_path / "out" / "wav/id3/v 3/é3.wav").read_bytes() == files["wav/id3/v 3/é3.wav"]


def test_a_large_archive_has_its_sizes_in_other_records(tmp_path: Path) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w") as archive,
        archive.open("a.wav", "w", force_zip64=True) as f,
    ):
        f.write(b"some words" * 1000)
    assert unpack_all(in_parts(tmp_path, b"before" + content.getvalue()), tmp_path / "out") == 1
    assert (tmp_path / "out/a.wav").stat().st_size == 10000


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("/etc/x.wav", b"x")], "'/etc/x.wav': the name leads out of the folder"),
        ([("a/../../x.m4a", b"x")], "leads out"),
        ([("..\\x.wav", b"x")], "leads out"),
        ([("./x.wav", b"x")], "leads out"),
        ([("a\nb.wav", b"x")], "control characters"),
        ([(entry("x.wav", stat.S_IFLNK | 0o777), b"/etc")], "a link or device"),
        ([(entry("x.wav", stat.S_IFIFO | 0o600), b"")], "a link or device"),
        ([("id1/A.wav", b"x"), ("ID1/a.wav", b"y")], "may be one file"),
        ([("a.wav", b"x"), ("a.wav", b"y")], "may be one file"),
        ([("\u00e9.wav", b"x"), ("e\u0301.wav", b"y")], "may be one file"),
        ([("a.wav", b"x"), ("a.wav/b.wav", b"y")], "is a file and a folder"),
        ([("a.wav", bytes(1 << 24))], "no audio file"),
    ],
)
def test_entries_that_could_do_harm_are_refused(
    tmp_path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], message: str
) -> None:
    parts = make_zip(tmp_path, [("fine.wav", b"fine"), *entries])
    with pytest.raises(UserError, match=re.escape(message)):
        read_entries(parts, is_audio)
    assert sorted(tmp_path.iterdir()) == parts


def test_encrypted_and_shared_bytes_are_refused(tmp_path: Path) -> None:
    make_zip(tmp_path, [("a.wav", b"some words"), ("b.wav", b"some words")])
    whole = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    place = whole.rindex(b"PK\1\2")
    encrypted = bytearray(whole)
    encrypted[place + 8] |= 1
    with pytest.raises(UserError, match=r"'b\.wav': is encrypted"):
        read_entries(in_parts(tmp_path, bytes(encrypted)), is_audio)
    claimed = bytearray(whole)
    claimed[place + 20 : place + 24] = struct.pack("<I", 10_000)
    with pytest.raises(UserError, match="share bytes"):
        read_entries(in_parts(tmp_path, bytes(claimed)), is_audio)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><html></html>", "found an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid x", "found a Git LFS pointer"),
        (b"", "found nothing"),
        (b"words and more words", "not a complete zip: its end is not there"),
    ],
)
def test_what_is_no_zip_is_called_what_it_is(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        read_entries(in_parts(tmp_path, content + content), is_audio)


def test_a_zip_without_audio(tmp_path: Path) -> None:
    parts = make_zip(tmp_path, [("wav/readme.txt", b"x"), ("wav/a.wav/", b"")])
    with pytest.raises(UserError, match="has none of the files"):
        read_entries(parts, is_audio)


def test_names_and_sizes_that_are_none(tmp_path: Path) -> None:
    make_zip(tmp_path, [("\u00e9\u00e9.wav", b"some words")])
    whole = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    with pytest.raises(UserError, match="a name that is not UTF-8"):
        read_entries(
            in_parts(tmp_path, whole.replace("\u00e9\u00e9".encode(), b"\xff\xfe\xfd\xfc")),
            is_audio,
        )
    longer = bytearray(whole)
    place = whole.rindex(b"PK\1\2") + 24
    longer[place : place + 4] = struct.pack("<I", 99)
    parts = in_parts(tmp_path, bytes(longer))
    with pytest.raises(UserError, match="10 bytes with another checksum; expected 99"):
        unpack_all(parts, tmp_path / "out")


def test_flipped_bits_are_never_a_traceback(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(300)
    make_zip(tmp_path, [("a/a.wav", data), ("a/b.wav", data)])
    whole = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    random = np.random.default_rng(1)
    outcomes = set()
    for place in random.integers(len(whole), size=300):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(random.integers(8))
        parts = in_parts(tmp_path, bytes(broken))
        try:
            unpack_all(parts, tmp_path / "out", 1)
            outcomes.add("read")
        except UserError:
            outcomes.add("refused")
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert outcomes == {"read", "refused"}
