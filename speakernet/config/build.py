"""From a tree of settings to a checked, frozen config; every mistake with its place and key."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from speakernet.config.choices import Choices
from speakernet.config.errors import UserError, suggestion
from speakernet.config.schema import SETTING_ERROR, Config
from speakernet.config.tree import (
    Kind,
    Tree,
    Value,
    kind_of,
    merge,
    name_in,
    place_of,
    section_of,
    to_tree,
    to_values,
)

C = TypeVar("C", bound=Config)

_MOST_PROBLEMS = 20  # a file with thousands of unknown keys takes seconds to explain


def build(cls: type[C], tree: Tree, source: str, context: dict[str, Any] | None = None) -> C:
    """Return the ``cls`` that ``tree`` describes; ``context`` are what its validators may ask for.

    Raises UserError with place (``source`` where there is none) and dotted key.
    """
    return _build(cls, Location((), tree, cls), source, context)


def configure(choices: Choices[C, Any], name: str, **values: Any) -> C:
    """Return the options of entry ``name`` with ``values``, checked as a recipe's are.

    Raises UserError for an unknown name, and for options that the entry does not have.
    """
    options, source = choices.options(name), f"{choices.kind} '{name}'"
    tree = merge({}, to_tree({choices.tag: name, **values}, source), options)
    return _build(options, Location((), tree, choices), source, None)


class Location(NamedTuple):
    """A key of a recipe: the way to it, what is written there, and what belongs there."""

    keys: tuple[str, ...]
    node: "Value | Tree | None"
    kind: Kind

    @property
    def section(self) -> type[Config] | None:
        """The class whose fields are the keys below."""
        return section_of(self.kind, self.node)

    def below(self, key: str) -> "Location":
        """Return the location of ``key`` in this one's section."""
        node = self.node.get(key) if isinstance(self.node, dict) else None
        return Location((*self.keys, key), node, kind_of(self.section, key))


def _build(cls: type[C], root: Location, source: str, context: dict[str, Any] | None) -> C:
    assert isinstance(root.node, dict)
    text = json.dumps(to_values(root.node), default=str)
    try:
        # Strict JSON rules: a list may fill a tuple, but "3" is not a number, and 1 not a boolean.
        return cls.model_validate_json(text, context=context)
    except ValidationError as error:
        problems = islice(_explain(root, source, error), _MOST_PROBLEMS)
        raise UserError("; ".join(problems)) from None


def _explain(root: Location, source: str, error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        location = _follow(root, item)
        owner = _descend(root, location.keys[:-1])
        place = place_of(root.node, location.keys) or source
        yield f"{place}: {_describe(location, owner, item)}"


def _describe(location: Location, owner: Location, item: ErrorDetails) -> str:
    key = ".".join(location.keys)
    if item["type"] == SETTING_ERROR:
        return f"'{key}': {item['ctx']['text']}"
    if item["type"] == "extra_forbidden":
        return f"unknown key '{key}'{_known(location.keys[-1], owner)}"
    if item["type"] == "missing":
        return f"'{key}' is missing"
    if isinstance(location.kind, Choices) and item["type"].startswith("union_tag"):
        return _describe_name(key, location, location.kind)
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return f"'{key}': {message} (found {_shortened(item['input'])})"


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _describe_name(key: str, location: Location, choices: Choices[Any, Any]) -> str:
    """Say what is wrong with the name of one of several things."""
    name = name_in(choices, location.node)
    if name is not None:
        return f"'{key}': {choices.unknown(name)}"
    if not isinstance(location.node, dict):
        return f"'{key}': expected the {choices.kind}'s name, or {{{choices.tag}: …}}"
    problem = "is not a name" if choices.tag in location.node else "is missing"
    return f"'{key}.{choices.tag}' {problem}"


def _known(key: str, owner: Location) -> str:
    """Say which key was perhaps meant, and which a named thing has."""
    fields = owner.section.model_fields if owner.section else {}
    hint = suggestion(key, fields)
    if not isinstance(owner.kind, Choices):
        return hint
    name = name_in(owner.kind, owner.node)
    options = ", ".join(field for field in fields if field != owner.kind.tag)
    return f" of {owner.kind.kind} '{name}'{hint}; it has {options or 'no options'}"


def _follow(root: Location, item: ErrorDetails) -> Location:
    """Return the location that pydantic's ``item`` is about."""
    location, parts = root, iter(item["loc"])
    for part in parts:
        location = location.below(str(part))
        if isinstance(location.kind, Choices):
            next(parts, None)  # pydantic puts the key of the chosen entry here
    below = item["ctx"]["key"] if item["type"] == SETTING_ERROR else ""
    return _descend(location, filter(None, below.split(".")))


def _descend(location: Location, keys: Iterable[str]) -> Location:
    for key in keys:
        location = location.below(key)
    return location
