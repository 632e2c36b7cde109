"""What of a call can be changed: options and arguments, from the parser, and the files it reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from random import Random

from speakernet.bin.cli import command_names
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import path
from tests.hostile.calls import CALLS, Call
from tests.hostile.mutators import NUMBERS, WORDS

PATH_WORDS = (
    "nowhere", "nowhere/at/all", "fifo", "endless", "full", "loop", "wav", "data/wav", "/dev/stdin",
    "out", "exp/checkpoints/final.pt", "wav/s0-0.wav", "data/test/feats.scp", "recipes/own.yaml",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A word of a call that is replaced (``place``), an option that is added, or a file."""

    name: str
    call: Call
    place: int | None = None
    option: str = ""
    file: str = ""

    def words(self, value: str) -> tuple[str, ...]:
        """Return the call's words with ``value`` in this place."""
        words = list(self.call.words)
        if self.place is not None:
            words[self.place] = value
        elif self.option:
            words.insert(0, f"{self.option}={value}")
        return tuple(words)


@cache
def parser_of(command: str) -> Parser:
    """Return the parser of a command."""
    module = import_module(f"speakernet.bin.{command.replace('-', '_')}")
    parser: Parser = module.main.make_parser()
    return parser


def option_targets(command: str) -> Iterator[Target]:
    """Yield a target for every option of the parser, and one for every word of every call."""
    parser = parser_of(command)
    first, *others = CALLS[command]
    for action in parser._actions:
        if action.option_strings and action.dest != "help":
            yield Target(action.option_strings[0], first, option=action.option_strings[0])
    for call in (first, *others):
        for place, word in enumerate(call.words):
            if not word.startswith("-"):
                yield Target(_name_at(parser, call, place), call, place=place)


def _name_at(parser: Parser, call: Call, place: int) -> str:
    before = call.words[place - 1] if place else ""
    return before if before.startswith("--") else call.words[place]


def file_targets(command: str, read: dict[Call, list[str]]) -> Iterator[Target]:
    """Yield a target for each file that a call reads."""
    for call in CALLS[command]:
        for file in read[call]:
            yield Target(file, call, file=file)


def values(random: Random) -> str:
    """Return an odd value: a number, a word or a path."""
    return random.choice((random.choice(NUMBERS), random.choice(WORDS), random.choice(PATH_WORDS)))


def uncovered(command: str) -> list[str]:
    """Return the options of files that no call of the command gives."""
    given = {word.partition("=")[0] for call in CALLS.get(command, []) for word in call.words}
    return [
        action.option_strings[0]
        for action in parser_of(command)._actions
        if action.type is path and action.option_strings and not given & set(action.option_strings)
    ]


def without_calls() -> list[str]:
    """Return the commands that have no call here."""
    return [name for name in command_names() if name not in CALLS]
