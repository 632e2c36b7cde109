"""The exception for invalid input: mistakes that a user can correct."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class UserError(Exception):
    """Bad input: its text is one line that says where, what was found and what was expected.

    Programs print the text and end with status 1; a traceback is for our own mistakes only.
    """


@contextmanager
def naming(place: object) -> Iterator[None]:
    """Put the place, and a colon, before the text of a UserError that is raised inside."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{place}: {error}") from None


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the choice nearest to ``word``, or an empty string."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""
