"""What prevents an utterance from being read, as one error that names it."""

from contextlib import AbstractContextManager

from speakernet.config.errors import Naming, UserError
from speakernet.kaldi.wav_scp import Utterance


def naming_utterance(utterance: Utterance) -> AbstractContextManager[None]:
    """Make a UserError of whatever prevents an utterance from being read, and name the utterance.

    Raises UserError for an utterance that has a problem of its own.
    """
    return _NamingUtterance(utterance)


class _NamingUtterance(Naming):
    __slots__ = ("_problem",)

    def __init__(self, utterance: Utterance) -> None:
        super().__init__(f"{utterance.place}: utterance '{utterance.name}'")
        self._problem = _problem(utterance)

    def __enter__(self) -> None:
        if self._problem:
            raise UserError(f"{self._place}: {self._problem}")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, UserError):
            # Of a library, for data that nobody foresaw.
            reason = " ".join(f"{type(error).__name__} {error}".split())
            error = UserError(f"cannot be read: {reason}")
        super().__exit__(kind, error, trace)


def _problem(utterance: Utterance) -> str:
    if utterance.entry == "-" and not utterance.problem:
        return "found '-', standard input; expected a file or a command ending in |"
    return utterance.problem
