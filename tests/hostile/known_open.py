"""Kinds of wrong cases that are known and not mended yet: to be emptied."""

import re

from tests.hostile.cases import Case
from tests.hostile.judge import Outcome, Verdict

KNOWN_OPEN: list[tuple[str, str, str]] = [
    # run.sh writes this list into a folder of its own; the message tells of the plan, not of it.
    ("plan", "checked/products: ", "needs .*: not there, and no stage that runs makes it"),
]
"""(regular expression of the command, of what is changed, of the verdict and the last line)."""


def is_known(case: Case, verdict: Verdict, outcome: Outcome) -> bool:
    """Return whether the table has this kind."""
    said = f"{verdict} {outcome.stderr[-2000:]}"
    return any(
        re.fullmatch(command, case.command) and re.search(what, case.what) and re.search(text, said)
        for command, what, text in KNOWN_OPEN
    )
