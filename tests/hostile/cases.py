"""Cases: a call with one thing changed, made from a seed, the command's name and a number."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from speakernet.bin import cli
from speakernet.recipe import Recipe
from tests.hostile.calls import CALLS, Call
from tests.hostile.execution import Job
from tests.hostile.judge import Expectation
from tests.hostile.mutators import BINARY, OTHER_KINDS, PATHS, TEXT
from tests.hostile.scripts import SCRIPTS, script_case, targets_of
from tests.hostile.targets import Target, file_targets, option_targets, parser_of, values

BINARY_SUFFIXES = {".ark", ".wav", ".pt", ".model"}
_NO_INPUT = {"html", "pickle", "gzip", "zip", "npy", "zeros", "folder", "fifo", "loop", "endless"}
"""Kinds of files that no command can take for an input that it needs."""
_SECTIONS = tuple(f"{name}." for name in Recipe.model_fields)
"""How a message names a setting of a recipe."""
_DEVICES = ("/dev/zero", "/dev/null", "/dev/full")
"""What links of a sandbox lead to: a message may name either."""


@dataclass(frozen=True)
class Case:
    """A hostile input: ``name`` repeats it, ``what`` says what is changed."""

    name: str
    what: str
    command: str
    words: tuple[str, ...]
    expected: Expectation
    job: Job


class Commands:
    """All cases of the commands; ``read`` are the files that each call reads."""

    def __init__(self, read: dict[Call, list[str]], seed: int) -> None:
        self._seed = seed
        self._targets = {name: [*option_targets(name), *file_targets(name, read)] for name in CALLS}
        self._targets |= {name: targets_of(name) for name in SCRIPTS}
        self._read = read

    def number_of_targets(self, command: str) -> int:
        """Return how many things of a command's calls can be changed."""
        return len(self._targets[command])

    def case(self, command: str, number: int) -> Case:
        """Return a case: numbers go through all targets again and again."""
        random = Random(f"{self._seed}/{command}/{number}")
        targets = self._targets[command]
        target = targets[number % len(targets)]
        name = f"{command}:{number}"
        if command in SCRIPTS:
            return Case(name, *script_case(command, target, random))
        if target.file:
            return self._file_case(name, command, target, random)
        return self._option_case(name, command, target, random)

    def _option_case(self, name: str, command: str, target: Target, random: Random) -> Case:
        value = values(random)
        words = target.words(value)
        changed = "" if target.place is None else target.call.words[target.place]
        products = [p for p in target.call.products if not (changed and p.startswith(changed))]
        options = [word for word in target.call.words if word.startswith("--")]
        names = (target.name, target.name.lstrip("-"), *_dests(command), value, *options, *words)
        names = (*names, Path(value[:200]).name, *_DEVICES)
        if Path(value) == Path():  # a path that shows nothing of it
            names = (*names, ":")
        job = Job(_main(command, words), lambda: None, tuple(products))
        return Case(name, f"{target.name} {value!r}"[:200], command, words,
                    self._expected(target, names, must_fail=False), job)  # fmt: skip

    def _file_case(self, name: str, command: str, target: Target, random: Random) -> Case:
        kind, prepare = _change(Path(target.file), random)
        path = Path(target.file)
        words = target.call.words
        names = (target.file, path.name, str(path.parent), *self._read[target.call], *words)
        if path.suffix == ".yaml":
            names = (*names, *_SECTIONS)
        forgiving = path.suffix == ".wav" or command in ("product", "fix-data-dir")
        # Training goes on from the newest checkpoint that is whole, and says which are not.
        # The recipe beside them is written anew.
        made = (f"{words[2]}/checkpoints/", f"{words[2]}/recipe.yaml") if command == "train" else ()
        forgiving |= target.file.startswith(made)
        must_fail = kind in _NO_INPUT and not forgiving
        job = Job(_main(command, words), prepare, target.call.products)
        expected = self._expected(target, names, must_fail=must_fail)
        return Case(name, f"{target.file}: {kind}", command, words, expected, job)

    @staticmethod
    def _expected(target: Target, names: tuple[str, ...], *, must_fail: bool) -> Expectation:
        statuses = (0, target.call.status)
        return Expectation(
            tuple(filter(None, names)),
            statuses,
            target.call.kept,
            must_fail,
            error_status=target.call.error_status,
        )


def _dests(command: str) -> list[str]:
    return [a.dest for a in parser_of(command)._actions if not a.option_strings]


def base_job(command: str, call: Call) -> Job:
    """Return the job of a call as it is."""
    return Job(_main(command, call.words), lambda: None, call.products)


def _main(command: str, words: tuple[str, ...]) -> Callable[[], int]:
    def run() -> int:
        sys.argv[:] = ["speakernet", command, *words]
        cli.entry_point()

    return run


def _change(path: Path, random: Random) -> tuple[str, Callable[[], None]]:
    """Return a kind of change and what makes it."""
    roll = random.random()
    if roll < 0.15:
        kind = random.choice(sorted(PATHS))
        return kind, lambda: PATHS[kind](path)
    if roll < 0.35:
        kind = random.choice(sorted(OTHER_KINDS))
        return kind, lambda: _write(path, OTHER_KINDS[kind])
    mutator = random.choice(BINARY if path.suffix in BINARY_SUFFIXES else TEXT)
    seed = random.random()
    changed = lambda: mutator(path.read_bytes(), Random(seed))  # noqa: E731
    return mutator.__name__, lambda: _write(path, changed())


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
