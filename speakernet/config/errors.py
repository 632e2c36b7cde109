"""The exception for invalid input: mistakes that a user can correct."""

import errno
from collections.abc import Iterable
from contextlib import AbstractContextManager
from difflib import get_close_matches

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space: the quota is used up",
    errno.EMFILE: "raise the limit of open files: ulimit -n 4096",
    errno.EROFS: "write elsewhere",
    errno.EFBIG: "raise the limit of a file's size: ulimit -f unlimited",
}


class UserError(Exception):
    """Bad input: its text is one line that says where, what was found and what was expected.

    Programs print the text and end with status 1; a traceback is for our own mistakes only.
    """


def naming(place: object) -> AbstractContextManager[None]:
    """Put the place, and a colon, before the text of a UserError that is raised inside."""
    return Naming(place)


class Naming:
    """The context manager of ``naming``, for others that also name a place."""

    # Each crop enters several: a class takes a third of the time of a generator.
    __slots__ = ("_place",)

    def __init__(self, place: object) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UserError):
            raise UserError(f"{self._place}: {error}") from None


def suggestion(word: str, choices: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the choice nearest to ``word``, or an empty string."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


def reason_of(error: OSError) -> str:
    """Return what the system says of a file that failed, and the remedy where there is one."""
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror or error}{f'; {remedy}' if remedy else ''}"
