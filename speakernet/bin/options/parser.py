"""Arguments of programs, and the parser that takes them."""

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from speakernet.bin.options.types import METAVARS, Type, path
from speakernet.config.errors import UserError, suggestion


class Argument:
    """An argument of a command line: positional, or an option if its name begins with dashes.

    kind: the type, see ``types``; text: its help. ``settings`` are those of ``argparse``; a default
    is given as one would type it, and shown in the help.
    """

    def __init__(self, name: str, kind: Type, text: str, **settings: Any) -> None:
        default = settings.get("default")
        if default not in (None, "", (), []):
            words = default if isinstance(default, list) else [default]
            text += f" (default: {' '.join(map(str, words))})"
        if name.startswith("-") and kind in METAVARS:
            settings.setdefault("metavar", METAVARS[kind])
        self.name = name
        self.settings = {"type": path if kind is Path else kind, "help": text, **settings}


class Flag(Argument):
    """An option without a value: only where Kaldi's program of the same name has it so."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.settings = {"action": "store_true", "help": text}


class Parser(argparse.ArgumentParser):
    """The parser of the command ``name``; options are not abbreviated, errors are one line."""

    def __init__(self, name: str, description: str | None, arguments: Iterable[Argument]) -> None:
        super().__init__(
            prog=f"speakernet {name}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for argument in arguments:
            self.add_argument(argument.name, **argument.settings)

    def parse_words(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the arguments in ``words``.

        Raises UserError for what does not fit; for an unknown option it names the nearest one.
        """
        for word in takewhile(lambda word: word != "--", words):
            self._check_text(word)
        known, unknown = self.parse_known_args(list(self._joined(deque(words))))
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0])
            self.error(f"unknown argument '{word}'{suggestion(word, self._option_string_actions)}")
        return known

    def _check_text(self, word: str) -> None:
        """Refuse bytes that are not UTF-8, which Python keeps as characters of its own."""
        try:
            word.encode()
        except UnicodeEncodeError:
            self.error(f"found '{word}', which is not UTF-8; expected text and names in UTF-8")
        if word.startswith("--") and word.endswith("=--"):  # argparse would drop the value
            self.error(f"found '{word}'; expected a value")

    def _joined(self, words: deque[str]) -> Iterator[str]:
        """Yield ``--suffix=-noise`` for ``--suffix -noise``, which argparse would refuse."""
        while words:
            word = words.popleft()
            option = self._option_string_actions.get(word)
            if word == "--":
                yield from (word, *words)
                return
            if option is not None and option.nargs is None and words and words[0] == "--":
                self.error(f"{word}: found '--'; expected a value")  # argparse would drop it
            is_text = option is not None and option.type is str and option.nargs is None
            yield f"{word}={words.popleft()}" if is_text and words else word

    def error(self, message: str) -> NoReturn:
        """Raise a UserError instead of printing the usage and leaving with status 2."""
        raise UserError(f"{message} (try --help)")
