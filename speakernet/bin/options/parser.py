"""The one way in which programs make their parsers."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from speakernet.bin.options.types import METAVARS
from speakernet.config.errors import UserError, suggestion


class Parser(argparse.ArgumentParser):
    """The parser of the program in ``file``, described by its module's docstring.

    Options are never abbreviated, and a wrong one is a UserError: one line.
    """

    def __init__(self, file: str, description: str | None) -> None:
        super().__init__(
            prog=f"speakernet {Path(file).stem.replace('_', '-')}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """Add an argument; the metavar of an option follows its type unless one is given."""
        metavar = METAVARS.get(settings.get("type", str))
        if metavar and str(names[0]).startswith("-"):
            settings.setdefault("metavar", metavar)
        return super().add_argument(*names, **settings)

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Return the arguments; an unknown one is a UserError with the nearest option."""
        known, unknown = self.parse_known_args(args, namespace)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0])
            self.error(f"unknown argument '{word}'{suggestion(word, self._option_string_actions)}")
        return known

    def error(self, message: str) -> NoReturn:
        """Raise a UserError instead of printing the usage and leaving with status 2."""
        raise UserError(f"{message} (try --help)")
