"""What ends a program, said in one line with a remedy."""

import errno
import os
from pathlib import Path

import pytest

from speakernet.bin.options.errors import message_of
from speakernet.config import UserError
from speakernet.work.files import write_errors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("a.scp:3: no id"), "a.scp:3: no id"),
        (KeyboardInterrupt(), "interrupted"),
        (MemoryError(), "not enough memory: a limit was reached"),
        (ImportError("libx.so: failed to map segment from shared object"), "not enough memory: "),
        (ModuleNotFoundError("No module named 'numpy'"), "No module named 'numpy': the env"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a.ark"), "a.ark: No space left on dev"),
        (ValueError("two\nlines"), "internal error: ValueError: two lines; SPEAKERNET_TRACEBACK=1"),
    ],
)
def test_an_exception_becomes_a_line(error: BaseException, message: str) -> None:
    found = message_of(error)
    assert found.startswith(message)
    assert "\n" not in found


def test_a_remedy_is_named_whoever_reports_it(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, write_errors(tmp_path / "x.ark"):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    assert str(caught.value).endswith("x.ark: File too large; raise the limit of a file's size: "
                                      "ulimit -f unlimited")  # fmt: skip
