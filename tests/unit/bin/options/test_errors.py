"""What a program says of the exception that ends it."""

import errno
import os
from pathlib import Path

import pytest

from speakernet.bin.options.errors import TRACEBACK, message_of
from speakernet.config import UserError
from speakernet.work.files import write_errors


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        ImportError("libx.so: failed to map segment from shared object"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_too_little_memory(error: Exception) -> None:
    assert message_of(error).startswith("not enough memory: ")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("x.scp:3: found no file"), "x.scp:3: found no file"),
        (KeyboardInterrupt(), "interrupted"),
        (ModuleNotFoundError("No module named 'numpy'"), "No module named 'numpy': the env"),
        (OSError(errno.ENOSPC, "No space left", "out/a.ark"), "out/a.ark: No space left; free"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files; raise the limit"),
        (FileNotFoundError(errno.ENOENT, "No such file", b"\xff"), "\udcff: No such file"),
        (KeyError("two\nlines"), "internal error: KeyError: 'two\\nlines'; SPEAKERNET_TRACEBACK=1"),
    ],
)
def test_one_line(error: BaseException, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRACEBACK, raising=False)
    assert message_of(error).startswith(message)
    assert "\n" not in message_of(error)


def test_the_place_in_the_package_is_named() -> None:
    from speakernet.work.job_parts import job_part

    with pytest.raises(TypeError) as caught:
        job_part(None, 1, 1)  # type: ignore[type-var]
    assert " at speakernet.work.job_parts:" in message_of(caught.value)


def test_the_whole_traceback_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TRACEBACK, "1")
    message_of(ValueError("odd"))
    assert "ValueError: odd" in capsys.readouterr().err


def test_a_remedy_is_named_whoever_reports_it(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, write_errors(tmp_path / "x.ark"):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    assert str(caught.value).endswith("x.ark: File too large; raise the limit of a file's size: "
                                      "ulimit -f unlimited")  # fmt: skip
