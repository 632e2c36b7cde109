"""The products that run.sh would make, as it lists them: no second place knows its stages."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.config.files import read_text
from speakernet.work.products import read_product

_INPUT_OPTIONS = ("--input", "--fixed-input")


@dataclass(frozen=True)
class PlannedProduct:
    """A product, what it is made from, and the words of the command that makes it."""

    stage: str
    path: Path
    inputs: tuple[Path, ...]
    command: tuple[str, ...]
    is_forced: bool = False

    @property
    def step(self) -> str:
        """The name of the script that makes it."""
        return os.path.basename(self.command[0])

    @property
    def is_done(self) -> bool:
        """Whether it was finished before, of whatever inputs, and is not to be made again."""
        return not self.is_forced and read_product(self.path) is not None

    def option(self, name: str) -> str:
        """Return the value of an option of the command, or an empty text."""
        pairs = zip(self.command, self.command[1:], strict=False)
        return next((value for word, value in pairs if word == name), "")


def read_products(path: Path) -> list[PlannedProduct]:
    """Read what run.sh has listed: a line each, of stage, product, options of utils/once.sh, ``--``
    and a command, with tabs between them. Stages are in their order, also where several runs have
    listed theirs. Raises UserError for other lines.
    """
    lines = enumerate(read_text(path).splitlines(), start=1)
    found = [_read_line(line, f"{path}:{number}") for number, line in lines]
    return sorted(found, key=lambda product: product.stage)


def _read_line(line: str, place: str) -> PlannedProduct:
    stage, *words = line.split("\t")
    if len(words) < 3 or "--" not in words[1:-1]:
        raise UserError(f"{place}: expected stage, product, inputs, '--' and a command")
    end = words.index("--", 1)
    inputs = tuple(_inputs(words[1:end]))
    is_forced = "--anew" in words[1:end]
    return PlannedProduct(stage, Path(words[0]), inputs, tuple(words[end + 1 :]), is_forced)


def _inputs(words: Sequence[str]) -> Iterator[Path]:
    """Yield the inputs among the options of utils/once.sh, spelt in one word or in two."""
    for word, value in zip(words, (*words[1:], ""), strict=False):
        name, equals, text = word.partition("=")
        if name in _INPUT_OPTIONS:
            yield Path(text if equals else value)
