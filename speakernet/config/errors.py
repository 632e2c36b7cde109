"""The exception for invalid input: mistakes that a user can correct."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Bad input: its text is one line that says where, what was found and what was expected.

    Programs print the text and end with status 1; a traceback is for our own mistakes only.
    """


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the choice nearest to ``word``, or an empty string."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""
