"""Debian packages made here, read back; and packages that are broken."""

from pathlib import Path

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
