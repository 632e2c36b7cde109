"""The ``speakernet`` command, and what all programs share: logging, exit codes, error lines."""

import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

import speakernet.bin
from speakernet.config import UserError
from speakernet.config.errors import suggestion
from speakernet.work.logs import error_line, set_up_logging

Main = Callable[[Sequence[str] | None], int]


def commands() -> list[str]:
    """Return the names of all sub-commands: the modules beside this one."""
    names = (m.name for m in pkgutil.iter_modules(speakernet.bin.__path__))
    return sorted(n.replace("_", "-") for n in names if n != "cli")


def run(main: Main, argv: Sequence[str] | None = None) -> NoReturn:
    """Call ``main`` and leave with its status; a user's mistake is one line and status 1."""
    set_up_logging(program_name())
    try:
        status = main(argv)
        sys.stdout.flush()
    except UserError as error:
        sys.exit(error_line(program_name(), str(error)))
    except BrokenPipeError:
        # The reader (`| head`) is gone: nothing more to say, and no traceback at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as error:
        if error.filename is None and error.strerror is None:
            raise
        where = f"{error.filename}: " if error.filename is not None else ""
        sys.exit(error_line(program_name(), f"{where}{error.strerror}"))
    sys.exit(status)


def failed_share(text: str) -> float:
    """Return the value of ``--max-failed-share``. Raises UserError unless it is from 0 to 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UserError(f"--max-failed-share {text}: expected 0 to 1")
    return share


def program_name() -> str:
    """Return what the user called, without path and suffix."""
    return os.path.basename(sys.argv[0]).removesuffix(".py")


def main(argv: Sequence[str] | None = None) -> int:
    """Dispatch ``speakernet COMMAND …`` to ``speakernet.bin.COMMAND``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: speakernet COMMAND [options]\n\ncommands:")
        print("\n".join(f"  {name}" for name in commands()))
        return 0
    name = arguments[0].replace("_", "-")
    if name not in commands():
        raise UserError(f"unknown command '{name}'{suggestion(name, commands())}")
    module = import_module(f"speakernet.bin.{name.replace('-', '_')}")
    sys.argv[0] = f"speakernet {name}"
    return int(module.main(arguments[1:]))


def entry_point() -> NoReturn:
    """Run the installed ``speakernet`` command."""
    run(main)


if __name__ == "__main__":
    entry_point()
