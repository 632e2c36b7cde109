"""What prevents an utterance from being read, as one error that names it."""

from contextlib import AbstractContextManager

from speakernet.config.errors import UserError
from speakernet.kaldi.wav_scp import Utterance


def naming_utterance(utterance: Utterance) -> AbstractContextManager[None]:
    """Make a UserError of whatever prevents an utterance from being read, and name the utterance.

    Raises UserError for an utterance that has a problem of its own.
    """
    return _NamingUtterance(utterance)


class _NamingUtterance:
    # Each crop enters one: a class takes a third of the time of a generator.
    __slots__ = ("_utterance",)

    def __init__(self, utterance: Utterance) -> None:
        self._utterance = utterance

    def __enter__(self) -> None:
        if problem := _problem(self._utterance):
            raise UserError(f"{self._place}: {problem}")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UserError):
            raise UserError(f"{self._place}: {error}") from None
        if isinstance(error, Exception):  # of a library, for data that nobody foresaw
            reason = " ".join(f"{type(error).__name__} {error}".split())
            raise UserError(f"{self._place}: cannot be read: {reason}") from None

    @property
    def _place(self) -> str:
        return f"{self._utterance.place}: utterance '{self._utterance.name}'"


def _problem(utterance: Utterance) -> str:
    if utterance.entry == "-" and not utterance.problem:
        return "found '-', standard input; expected a file or a command ending in |"
    return utterance.problem
