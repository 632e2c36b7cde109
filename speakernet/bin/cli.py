"""The ``speakernet`` command, and what all programs share: logging, exit codes, error lines."""

import ast
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import speakernet.bin
from speakernet.bin.options.errors import message_of
from speakernet.bin.options.program import status_of
from speakernet.config.errors import UserError, suggestion
from speakernet.work.logs import error_line, set_up_logging

Main = Callable[[Sequence[str] | None], int]

GROUPS = {
    "users": "Commands for users",
    "data": "Commands for data directories (utils/ and steps/data/ call them)",
    "recipes": "Commands for recipes (run.sh and steps/ call them)",
}


@dataclass(frozen=True)
class Command:
    """What ``speakernet --help`` says of a program: read from its text, as importing takes time."""

    name: str
    group: str
    summary: str

    @classmethod
    def read(cls, path: Path) -> "Command":
        """Read the program's docstring, and the group in ``@program("group")``."""
        text = path.read_text(encoding="utf-8")
        summary = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        group = re.search(r'^@program\("(\w+)"[,)]', text, flags=re.MULTILINE)
        return cls(path.stem.replace("_", "-"), group[1] if group else "", summary)


def command_names() -> list[str]:
    """Return the names of all commands: the modules beside this one."""
    modules = pkgutil.iter_modules(speakernet.bin.__path__)
    names = (module.name for module in modules if not module.ispkg and module.name != "cli")
    return sorted(name.replace("_", "-") for name in names)


def commands() -> list[Command]:
    """Return all commands, sorted by name."""
    folder = Path(speakernet.bin.__path__[0])
    return [Command.read(folder / f"{name.replace('-', '_')}.py") for name in command_names()]


def run(main: Main, argv: Sequence[str] | None = None) -> NoReturn:
    """Call ``main`` and leave with its status; whatever ends it early is one line and status 1.

    Programs for which 1 is an answer have another one (``options.program``).
    """
    _open_closed_streams()
    set_up_logging(program_name())
    _keep_bytes_of_names()
    try:
        status = main(argv)
        sys.stdout.flush()
    except BrokenPipeError as error:
        status = status_of(error)  # the reader (`| head`) is gone: nothing more to say
    except KeyboardInterrupt as error:
        _say(error)
        status = 130
    except Exception as error:
        _say(error)
        status = status_of(error)
    _flush_or_drop()
    sys.exit(status)


def _say(error: BaseException) -> None:
    with suppress(OSError):  # nothing can be said on a full disk
        print(error_line(program_name(), message_of(error)), file=sys.stderr, flush=True)


def _open_closed_streams() -> None:
    """Discard what goes to a stream that the caller has closed (``>&-``): Python has none for it.

    A file that is opened later would otherwise get its number, and its output.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _keep_bytes_of_names() -> None:
    """Let stdout print names of files that are not UTF-8 as they are."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")


def _flush_or_drop() -> None:
    """Discard what stdout cannot take any more: it would be a traceback at shutdown."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def program_name() -> str:
    """Return what the user called, without path and suffix."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    return "speakernet" if name == "cli" else name


def main(argv: Sequence[str] | None = None) -> int:
    """Dispatch ``speakernet COMMAND …`` to ``speakernet.bin.COMMAND``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print("\n".join(overview()))
        return 0
    if arguments[0] == "--version":
        print(version())
        return 0
    name = arguments[0].replace("_", "-")
    if name not in command_names():
        hint = suggestion(name, command_names())
        raise UserError(f"unknown command '{name}'{hint}; 'speakernet --help' lists all")
    module = import_module(f"speakernet.bin.{name.replace('-', '_')}")
    sys.argv[0] = f"speakernet {name}"
    return int(module.main(arguments[1:]))


def overview() -> Iterator[str]:
    """Yield the lines of ``speakernet --help``."""
    yield "usage: speakernet COMMAND [options]"
    yield "       speakernet COMMAND --help"
    yield "       speakernet --version"
    width = max(map(len, command_names()))
    for group, title in GROUPS.items():
        yield f"\n{title}:"
        for command in commands():
            if command.group == group:
                yield f"  {command.name:<{width}}  {command.summary}"


def version() -> str:
    """Return the versions of this package, its commit if it is a checkout, torch and Python."""
    from importlib.metadata import version as installed
    from platform import python_version

    from speakernet.report.provenance import source_commit

    commit = source_commit()
    own = f"speakernet {speakernet.__version__}{f' ({commit})' if commit else ''}"
    return f"{own}, torch {installed('torch')}, Python {python_version()}"


def entry_point() -> NoReturn:
    """Run the installed ``speakernet`` command."""
    run(main)


if __name__ == "__main__":
    entry_point()
