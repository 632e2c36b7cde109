"""A table from names to implementations, filled by a decorator at the place of definition."""

from collections.abc import Callable
from typing import Generic, TypeVar

from speakernet.config.errors import UserError, suggestion

T = TypeVar("T")
U = TypeVar("U")


class Registry(Generic[T]):
    """Maps names to objects of type ``T``.

    Names are written beside what they name, so that one can grep for them::

        losses = Registry[type[Loss]]("loss")

        @losses.register("cm")
        class CmSoftmax(Loss): ...
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[U], U]:
        """Return a decorator that files its argument under ``name`` and hands it back.

        Raises ValueError if the name is taken: two meanings of a name are a programmer's mistake.
        """
        if name in self._entries:
            raise ValueError(f"{self.kind} '{name}' is registered twice")

        def add(entry: U) -> U:
            self._entries[name] = entry  # type: ignore[assignment]
            return entry

        return add

    def get(self, name: str) -> T:
        """Return the entry of ``name``; an unknown name raises UserError with the nearest one."""
        try:
            return self._entries[name]
        except KeyError:
            raise UserError(self.unknown(name)) from None

    def unknown(self, name: str) -> str:
        """Say that ``name`` is unknown, which name is nearest, and which there are."""
        hint = suggestion(name, self.names())
        return f"unknown {self.kind} '{name}'{hint}; known: {', '.join(self.names())}"

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries
