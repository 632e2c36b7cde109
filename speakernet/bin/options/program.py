"""How programs are declared.

    @program("users")
    @argument("table", Path, "what to count")
    @argument("--seed", count, "of the draw", default=0)
    def main(args: Namespace) -> int:

``main`` is then a function of the words on the command line. Its help begins with the module's
docstring.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from speakernet.bin.options.parser import Argument, Parser
from speakernet.bin.options.types import Type

Options = TypeVar("Options")
Function = Callable[[Namespace], int]
Decorator = Callable[[Function], Function]

_ARGUMENTS, _STATUS = "arguments", "exit_status"


def set_status(error: Exception, status: int) -> None:
    """Have ``error`` end its program with this status."""
    setattr(error, _STATUS, status)


def status_of(error: Exception) -> int:
    """Return the status with which ``error`` ends its program."""
    return int(getattr(error, _STATUS, 1))


def argument(name: str, kind: Type, text: str, **settings: Any) -> Decorator:
    """Return a decorator that gives a program an argument; see ``Argument``."""
    return arguments(Argument(name, kind, text, **settings))


def arguments(*some: Argument) -> Decorator:
    """Return a decorator that gives a program arguments which it shares with others."""

    def decorate(function: Function) -> Function:
        # Decorators are applied from below.
        setattr(function, _ARGUMENTS, [*some, *getattr(function, _ARGUMENTS, [])])
        return function

    return decorate


def program(group: str, *, error_status: int = 1) -> Callable[[Function], "Program"]:
    """Return a decorator that makes a program; ``group`` is where ``speakernet --help`` has it.

    error_status: of an exception, where 1 is an answer.
    """
    return lambda function: Program(function, group, error_status)


def options_from(cls: type[Options], args: Namespace, **others: Any) -> Options:
    """Return the dataclass ``cls``: its fields are arguments of the same names, or ``others``."""
    names = [field.name for field in fields(cls) if field.name not in others]  # type: ignore[arg-type]
    return cls(**{name: getattr(args, name) for name in names}, **others)


class Program:
    """A function of the words on a command line, the program's name left out."""

    def __init__(self, function: Function, group: str, error_status: int = 1) -> None:
        self._function = function
        self.group = group
        self._error_status = error_status

    def __call__(self, argv: Sequence[str] | None = None) -> int:
        """Run with ``argv``, or the process's own words; return the exit status.

        Raises UserError for arguments that do not fit, and for what the program refuses.
        """
        words = sys.argv[1:] if argv is None else argv
        try:
            return self._function(self.make_parser().parse_words(words))
        except Exception as error:
            set_status(error, self._error_status)
            raise

    def make_parser(self) -> Parser:
        """Return the parser of the command line."""
        module = self._function.__globals__
        name = Path(module["__file__"]).stem.replace("_", "-")
        return Parser(name, module["__doc__"], getattr(self._function, _ARGUMENTS, []))
