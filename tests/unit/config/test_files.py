"""What is opened and read as an input, and what is never."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.config.files import is_given, open_input, read_text


def test_only_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for path, message in (
        (tmp_path / "fifo", "found a pipe"),
        (Path("/dev/zero"), "found a device"),
        (tmp_path, "found a folder"),
        (tmp_path / "none", "no such file"),
        (tmp_path / "loop", "symbolic links"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(UserError, match=message):
            open_input(path)


def test_pipes_of_the_shell_are_read(repository: Path) -> None:
    program = (
        "import sys; from speakernet.config.files import read_text; print(read_text(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program]
    script = 'exec "$@" <(sleep 0.2; echo late)'
    result = subprocess.run(
        ["bash", "-c", script, "-", *command], cwd=repository, capture_output=True, text=True
    )
    assert result.stdout.strip() == "late", result.stderr


def test_text_is_utf8_of_a_size(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"one\ntw\xe4\n")
    with pytest.raises(UserError, match=r"text:2: byte 0xe4 is not UTF-8"):
        read_text(path)
    path.write_bytes(b"x" * 2049)
    with pytest.raises(UserError, match="more than 2 KiB"):
        read_text(path, 2048)
    assert read_text(path, 4096) == "x" * 2049


def test_a_link_to_nothing_is_given_and_refused_when_it_is_read(tmp_path: Path) -> None:
    file, nothing, loop = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    file.write_text("x")
    nothing.symlink_to(tmp_path / "d")
    loop.symlink_to(loop)
    assert [is_given(path) for path in (file, nothing, loop)] == [True] * 3
    assert not is_given(tmp_path / "d")
    for path in (nothing, loop):
        with pytest.raises(UserError, match=path.name):
            read_text(path)
