"""Every exception that ends a program as one line for its user."""

import os
import traceback
from pathlib import Path

import speakernet
from speakernet.config.errors import UserError, reason_of

TRACEBACK = "SPEAKERNET_TRACEBACK"
"""Environment variable: where it is set, the whole traceback is printed, too."""

_PACKAGE = Path(speakernet.__file__).parent
# Said by torch, the loader and Python where memory, or a limit (ulimit -v, a job's), is used up.
_OUT_OF_MEMORY = (
    "can't allocate memory", "out of memory", "Cannot allocate memory", "can't start new thread",
    "failed to map segment", "cannot map zero-fill pages",
)  # fmt: skip


def message_of(error: BaseException) -> str:
    """Return what a program says of the exception that ends it."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, MemoryError) or any(text in str(error) for text in _OUT_OF_MEMORY):
        return f"not enough memory{_place_of(error)}: {_one_line(error) or 'a limit was reached'}"
    if isinstance(error, ImportError):
        return f"{_one_line(error)}: the environment lacks it; '. ./path.sh' says more"
    if isinstance(error, OSError) and error.strerror:
        return _os_message(error)
    if isinstance(error, RuntimeError) and "Symlink loop" in str(error):
        return f"{_one_line(error)}: expected a link to a file or folder"
    what = f"{type(error).__name__}: {_one_line(error)}"
    return f"internal error: {what}{_place_of(error)}; {TRACEBACK}=1 shows where it came from"


def _os_message(error: OSError) -> str:
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return f"{where}{reason_of(error)}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _place_of(error: BaseException) -> str:
    """Return where in this package the exception was raised, as `` at module:line``."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not own:
        return ""
    module = Path(own[-1].filename).relative_to(_PACKAGE.parent).with_suffix("")
    return f" at {'.'.join(module.parts)}:{own[-1].lineno}"
