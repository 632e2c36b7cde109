"""What a recipe can choose by name: registries whose entries have options of their own.

A recipe names one entry under a key (``loss: {name: cm, margin: 0.2}``); the other keys there are
that entry's options and no other's.
"""

import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, Union

from pydantic import Discriminator, Tag

from speakernet.config.errors import UserError, suggestion
from speakernet.config.registry import Registry
from speakernet.config.schema import Config

O = TypeVar("O", bound=Config)  # noqa: E741
T = TypeVar("T")
U = TypeVar("U")


class Entry(NamedTuple):
    """A thing that can be chosen: its name or pattern of names, its options, what implements it."""

    key: str
    options: type[Config]
    implementation: object


class Choices(Registry[T], Generic[O, T]):
    """Maps names to implementations of type ``T``, each with an options class derived from ``O``.

    ``kind`` is what messages call an entry, ``tag`` the key of a recipe that holds its name::

        LOSSES = Choices[LossOptions, type[SpeakerLoss]]("loss")

        @LOSSES.add("cm", options=MarginOptions)
        class CmSoftmax(SpeakerLoss): ...
    """

    def __init__(self, kind: str, tag: str = "name") -> None:
        super().__init__(kind)
        self.tag = tag
        self._options: dict[str, type[O]] = {}

    def add(self, *names: str, options: type[O] | None = None) -> Callable[[U], U]:
        """Return a decorator that files its argument under ``names`` and hands it back.

        Without ``options`` the decorated class is its own options class. Raises ValueError if a
        name is taken.
        """

        def file(implementation: U) -> U:
            chosen: Any = options or implementation
            for name in names:
                self.register(name)(implementation)
                self._options[name] = chosen
            return implementation

        return file

    def options(self, name: str) -> type[O]:
        """Return the options class of ``name``; an unknown name raises UserError."""
        key = self.key_of(name)
        if key is None:
            raise UserError(self.unknown(name))
        return self._options[key]

    def key_of(self, name: str) -> str | None:
        """Return under which key ``name`` is registered, or None."""
        return name if name in self else None

    def entries(self) -> list[Entry]:
        """Return all entries, sorted by key."""
        return [Entry(k, self._options[k], self._entries[k]) for k in sorted(self._options)]

    def section(self) -> Any:
        """Return the type of a recipe's field that names an entry: the union of all options.

        Call it when all entries are registered.
        """
        members = tuple(Annotated[entry.options, Tag(entry.key)] for entry in self.entries())
        return Annotated[Union[members], Discriminator(self._key_of_value), self]  # noqa: UP007

    def _key_of_value(self, value: Any) -> str | None:
        name = value.get(self.tag) if isinstance(value, dict) else getattr(value, self.tag, None)
        return (self.key_of(name) or name) if isinstance(name, str) else None


class PatternChoices(Choices[O, T]):
    """Choices whose keys are patterns: a name's numbers are sizes (``tdnn_c128``)."""

    def __init__(self, kind: str, tag: str = "name") -> None:
        super().__init__(kind, tag)
        self._published: list[str] = []
        self._examples: list[str] = []

    def add_pattern(
        self, pattern: str, *, options: type[O], published: Iterable[str], examples: Iterable[str]
    ) -> Callable[[U], U]:
        """Return a decorator that files its argument under all names that match ``pattern``.

        ``published`` are the names to list. ``examples`` are names of things so small that
        tests build and train them in a moment.
        """
        self._published += published
        self._examples += examples
        return self.add(pattern, options=options)

    def get(self, name: str) -> T:
        """Return the implementation of ``name``; an unknown name raises UserError."""
        key = self.key_of(name)
        if key is None:
            raise UserError(self.unknown(name))
        return super().get(key)

    def names(self) -> list[str]:
        """Return the published names, sorted (others that match a pattern are known, too)."""
        return sorted(self._published)

    def examples(self) -> list[str]:
        """Return the names of small things for tests, sorted."""
        return sorted(self._examples)

    def key_of(self, name: str) -> str | None:
        """Return the pattern that ``name`` matches, or None."""
        return next((key for key in self._options if re.fullmatch(key, name)), None)

    def sizes(self, name: str) -> dict[str, str]:
        """Return the named groups of ``name`` in its pattern; one that is left out is empty."""
        match = re.fullmatch(self.key_of(name) or "", name)
        return {group: text or "" for group, text in match.groupdict().items()} if match else {}

    def unknown(self, name: str) -> str:
        """Say that ``name`` is unknown, which name is nearest, and which are published."""
        known = ", ".join(self.names())
        hint = suggestion(name, self.names())
        return f"unknown {self.kind} '{name}'{hint}; known, also in other sizes: {known}"
