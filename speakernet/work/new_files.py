"""A writer of several files that appear together, or not at all."""

from types import TracebackType
from typing import Protocol, Self

from speakernet.work.files import NewFile


class NewFiles(Protocol):
    """Context manager: publishes its files at the end of the block, after an error it does not."""

    @property
    def files(self) -> tuple[NewFile, ...]: ...

    def _publish(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            for file in self.files:
                file.discard()
