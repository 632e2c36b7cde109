"""What prevents an utterance from being read, as one error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager

from speakernet.config.errors import UserError
from speakernet.kaldi.wav_scp import Utterance


@contextmanager
def naming_utterance(utterance: Utterance) -> Iterator[None]:
    """Make a UserError of whatever prevents an utterance from being read, and name the utterance.

    Raises UserError for an utterance that has a problem of its own.
    """
    place = f"{utterance.place}: utterance '{utterance.name}'"
    try:
        if utterance.problem:
            raise UserError(utterance.problem)
        if utterance.entry == "-":
            raise UserError("found '-', standard input; expected a file or a command ending in |")
        yield
    except UserError as error:
        raise UserError(f"{place}: {error}") from None
    except Exception as error:  # of a library, for data that nobody foresaw
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise UserError(f"{place}: cannot be read: {reason}") from None
