"""Debian packages made here, read back; and packages that are broken."""

import io
import lzma
import tarfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from deb_file import iter_files

from speakernet.config import UserError
from tests.unit.local.debian_voices.debs import ar_member, make_deb


@pytest.mark.parametrize("compression", ["xz", "gz", "bz2", ""])
def test_wanted_files_come_with_their_content(tmp_path: Path, compression: str) -> None:
    files = {"usr/share/x": b"one", "usr/share/ㄅㄚ/y.ogg": b"", "usr/share/z": b"three" * 1000}
    make_deb(tmp_path / "p.deb", files, compression)
    found = dict(iter_files(tmp_path / "p.deb", lambda name: not name.endswith("x")))
    assert found == {name: files[name] for name in ("usr/share/ㄅㄚ/y.ogg", "usr/share/z")}


def test_a_package_cut_short_is_an_error(tmp_path: Path) -> None:
    make_deb(tmp_path / "p.deb", {"a": bytes(range(256)) * 500})
    content = (tmp_path / "p.deb").read_bytes()
    (tmp_path / "p.deb").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"p\.deb: not a complete Debian package"):
        list(iter_files(tmp_path / "p.deb", lambda name: True))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>404</html>", "not a Debian package"),
        (b"!<arch>\n" + ar_member("debian-binary", b"2.0\n"), "has no data.tar"),
        (b"!<arch>\n" + ar_member("data.tar.zst", b"x"), "found data.tar.zst; expected one of"),
    ],
)
def test_what_is_no_package_is_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "p.deb").write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(iter_files(tmp_path / "p.deb", lambda name: True))


def test_a_missing_package_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"p\.deb: no such file"):
        list(iter_files(tmp_path / "p.deb", lambda name: True))


@pytest.mark.parametrize("size", ["-60", "ten", "", "1e3", "9999999999"])
def test_a_member_whose_size_is_no_size_is_an_error(tmp_path: Path, size: str) -> None:
    member = bytearray(ar_member("debian-binary", b"2.0\n"))
    member[48:58] = size.ljust(10).encode()
    (tmp_path / "p.deb").write_bytes(b"!<arch>\n" + member)
    with pytest.raises(UserError, match=r"p\.deb: not a (complete )?Debian package"):
        list(iter_files(tmp_path / "p.deb", lambda name: True))


def deb_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:xz") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(b"!<arch>\n" + ar_member("data.tar.xz", content.getvalue()))
    return path


def test_links_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    members = []
    for number, kind in enumerate(
        (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
    ):
        member = tarfile.TarInfo(f"usr/share/{number}.ogg")
        member.type, member.linkname = kind, "/etc/passwd"
        members.append((member, b""))
    deb = deb_of(tmp_path / "p.deb", *members, (tarfile.TarInfo("/../x.ogg"), b"content"))
    assert list(iter_files(deb, lambda name: True)) == [("/../x.ogg", b"content")]


@pytest.mark.parametrize("name", ["a.ogg", "long" * 100])
def test_a_package_that_unpacks_to_gigabytes_is_an_error(tmp_path: Path, name: str) -> None:
    header = tarfile.TarInfo(name)
    header.size = 1 << 40
    packer = lzma.LZMACompressor(preset=0)
    zeros = bytes(1 << 20)
    data = [
        packer.compress(header.tobuf(tarfile.GNU_FORMAT)),
        *(packer.compress(zeros) for _ in range(200)),
    ]
    packed = b"".join([*data, packer.flush()])
    (tmp_path / "p.deb").write_bytes(b"!<arch>\n" + ar_member("data.tar.xz", packed))
    with pytest.raises(UserError, match="unpacks to more than"):
        list(iter_files(tmp_path / "p.deb", lambda name: True))


def test_flipped_bits_are_never_a_traceback(tmp_path: Path) -> None:
    make_deb(tmp_path / "p.deb", {f"usr/{n}.ogg": bytes(range(200)) for n in range(20)}, "")
    whole = (tmp_path / "p.deb").read_bytes()
    random = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(whole)
        for place in random.integers(len(whole), size=3):
            broken[place] = int(random.integers(256))
        (tmp_path / "p.deb").write_bytes(broken)
        with suppress(UserError):
            list(iter_files(tmp_path / "p.deb", lambda name: True))
