"""Says of recordings which could not be read, and what is odd about the others."""

import logging
from collections.abc import Iterable, Iterator

from speakernet.config import UserError
from speakernet.model.results import Embedding, Unreadable

logger = logging.getLogger(__name__)


class Reporter:
    """Counts what could not be read."""

    def __init__(self) -> None:
        self._failed: list[Unreadable] = []
        self._count = 0

    def embeddings(self, found: Iterable[Embedding | Unreadable]) -> Iterator[Embedding]:
        """Yield the embeddings; the log has the others, and notes."""
        for each in found:
            self._count += 1
            if isinstance(each, Unreadable):
                self._failed.append(each)
                logger.warning("left out: %s", each.reason)
                continue
            for note in each.notes:
                logger.info("%s: %s", each.name, note)
            yield each

    def finish(self) -> None:
        """Raise UserError if something could not be read."""
        if self._failed:
            raise UserError(
                f"{len(self._failed)} of {self._count} recordings have no embedding, the first: "
                f"{self._failed[0].reason}"
            )
