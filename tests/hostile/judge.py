"""What is right: status 0 and whole products, or one clear line that names the file or option."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.hostile.mutators import CANARY_FILE


class Verdict(StrEnum):
    """How a command took an input; only the first two are right."""

    DONE = "done"
    REFUSED = "refused"
    TRACEBACK = "traceback"
    INTERNAL = "internal error"
    HUNG = "hung"
    MEMORY = "memory"
    STATUS = "wrong status"
    UNCLEAR = "unclear message"
    UNNAMED = "message names neither file nor option"
    INTERNALS = "message shows internals"
    LEFT = "something left"
    INCOMPLETE = "products missing"
    EXECUTED = "executed"
    SILENT = "status 0 for what is no input"

    @property
    def is_right(self) -> bool:
        """Whether this is how it should be."""
        return self in (Verdict.DONE, Verdict.REFUSED)


@dataclass(frozen=True)
class Outcome:
    """What a process did: ``status`` is negative for a signal, as in ``subprocess``."""

    status: int
    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int
    created: frozenset[str]
    changed: frozenset[str]
    missing: tuple[str, ...]
    survivors: bool = False


@dataclass(frozen=True)
class Expectation:
    """What a case asks for: ``names`` of which one has to be in the message, statuses of success.

    ``kept``: paths (regular expressions) that may be there after an error. ``num_lines``: how many
    lines may report it; a script's job reports it first. ``error_status``: of a refusal.
    """

    names: tuple[str, ...]
    statuses: tuple[int, ...] = (0,)
    kept: tuple[str, ...] = ()
    must_fail: bool = False
    num_lines: int = 1
    error_status: int = 1


MAX_SECONDS = 60.0
MAX_BYTES = 2 << 30
MAX_LINE = 1500
_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_ERROR_LINE = re.compile(r"[\w .-]+: error: .")
_TEMPORARY = re.compile(r"\.tmp(/|$)|(^|/)tmp\w{6,}")
_INTERNALS = re.compile(
    r"\(\?|\\d|\\w|\[a-z|\[0-9|\(\.\*\)|\]\+"  # regular expressions
    r"|pydantic|input_value|validation error|Input should|argparse|ArgumentTypeError"
    r"|has no attribute|NoneType|object is not|invalid literal|could not convert|unpack"
    r"|out of range\b.*index|index out of|codec can't|unsupported operand|\[Errno|<class"
    r"|Error\(|0x[0-9a-f]{8}|\bself\.|\bnp\.|numpy|torch\."
)


def judge(outcome: Outcome, expected: Expectation) -> Verdict:
    """Return the verdict; the worst thing first."""
    return next(
        (verdict for verdict, holds in _checks(outcome, expected) if holds),
        Verdict.DONE if outcome.status in expected.statuses else Verdict.REFUSED,
    )


def _checks(outcome: Outcome, expected: Expectation) -> Iterable[tuple[Verdict, bool]]:
    text = outcome.stdout + outcome.stderr
    succeeded = outcome.status in expected.statuses
    names = [*map(_shown, expected.names), *(name[:40] for name in expected.names if name.strip())]
    # Bytes that are no text, as the output was read.
    names += [os.fsencode(name).decode(errors="replace") for name in names if name.strip()]
    made = outcome.created | outcome.changed
    yield Verdict.EXECUTED, any(Path(path).name == CANARY_FILE for path in outcome.created)
    yield Verdict.HUNG, outcome.seconds >= MAX_SECONDS or outcome.survivors
    yield Verdict.MEMORY, outcome.peak_bytes > MAX_BYTES or "not enough memory" in text
    yield Verdict.TRACEBACK, "Traceback (most" in text or "Fatal Python error" in text
    yield Verdict.INTERNAL, "internal error" in text
    yield Verdict.STATUS, not succeeded and outcome.status != expected.error_status
    yield Verdict.LEFT, any(_TEMPORARY.search(path) for path in made)
    if succeeded:
        yield Verdict.INCOMPLETE, bool(outcome.missing)
        yield Verdict.SILENT, expected.must_fail
        return
    yield Verdict.LEFT, any(not _is_kept(path, expected.kept) for path in made)
    lines = outcome.stderr.rstrip("\n").split("\n")
    errors = [line for line in lines if not _LOG_LINE.match(line)]
    yield Verdict.UNCLEAR, not 1 <= len(errors) <= expected.num_lines
    yield Verdict.UNCLEAR, not all(map(_ERROR_LINE.match, errors))
    yield Verdict.UNCLEAR, len(errors[-1]) > MAX_LINE
    yield Verdict.INTERNALS, bool(_INTERNALS.search(_without_input(errors[-1], names)))
    yield Verdict.UNNAMED, not any(name in line for line in errors for name in names)


def _shown(name: str) -> str:
    """How a message has a name: what has no ink is escaped, long names are cut."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return "".join(shown)[:40]


def _is_kept(path: str, kept: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in kept)


def _without_input(line: str, names: Iterable[str]) -> str:
    """The message without what it quotes of the input."""
    for name in names:
        line = line.replace(name, "")
    return re.sub(r"'[^']*'|b\"[^\"]*\"", "", line)
