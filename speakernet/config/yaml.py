"""YAML with bases, and where each value came from.

A file may start with ``base: [other.yaml, ...]`` (paths relative to itself); later bases override
earlier ones, and the file overrides its bases. Mappings merge key by key; anything else replaces.
Every error names the file, the line and the dotted key.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from os.path import normpath
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError

from speakernet.config.errors import UserError, suggestion
from speakernet.config.schema import Config

C = TypeVar("C", bound=Config)

BASE_KEY = "base"


class Value(NamedTuple):
    """A leaf of a YAML file and the place where it was written (``file:line``)."""

    data: Any
    place: str


Tree = dict[str, "Value | Tree"]


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads ``1e-3`` as a number (YAML 1.1 asks for ``1.0e-3``)."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def load_config(cls: type[C], path: str | Path, overrides: Iterable[str] = ()) -> C:
    """Read ``path`` with its bases and ``key.subkey=value`` overrides into a ``cls``.

    Raises UserError with file, line and dotted key for anything that does not fit.
    """
    tree = _read(Path(path), chain=())
    for text in overrides:
        tree = _merge(tree, _parse_override(text))
    return _build(cls, tree, str(path))


def dump_config(config: Config) -> str:
    """Return ``config`` with every value, as YAML that ``load_config`` reads back unchanged."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _read(path: Path, chain: tuple[Path, ...]) -> Tree:
    resolved = path.resolve()
    if resolved in chain:
        raise UserError(f"{path}: is its own base")
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    tree = _convert_mapping(node, path) if node is not None else {}
    merged: Tree = {}
    for base in _pop_bases(tree, path):
        merged = _merge(merged, _read(Path(normpath(path.parent / base)), (*chain, resolved)))
    return _merge(merged, tree)


def _pop_bases(tree: Tree, path: Path) -> list[str]:
    entry = tree.pop(BASE_KEY, Value([], str(path)))
    if (
        not isinstance(entry, Value)
        or not isinstance(entry.data, list)
        or not all(isinstance(base, str) for base in entry.data)
    ):
        raise UserError(f"{path}: '{BASE_KEY}' must be a list of files")
    return entry.data


def _convert_mapping(node: yaml.Node, path: Path) -> Tree:
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{path}:{node.start_mark.line + 1}: expected 'key: value' lines")
    tree: Tree = {}
    for key_node, value_node in node.value:
        place = f"{path}:{key_node.start_mark.line + 1}"
        key = str(key_node.value)
        if key in tree:
            raise UserError(f"{place}: '{key}' is set twice in this file")
        if isinstance(value_node, yaml.MappingNode):
            tree[key] = _convert_mapping(value_node, path)
        else:
            tree[key] = Value(_construct(value_node, place), place)
    return tree


def _construct(node: yaml.Node, place: str) -> Any:
    loader = _Loader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise UserError(f"{place}: {' '.join(str(error).split())}") from None
    finally:
        loader.dispose()


def _parse_override(text: str) -> Tree:
    key, equals, value = text.partition("=")
    place = f"override '{text}'"
    if not equals or not key:
        raise UserError(f"{place}: expected key.subkey=value")
    try:
        leaf: Value | Tree = Value(yaml.load(value, Loader=_Loader), place)
    except yaml.YAMLError:
        raise UserError(f"{place}: the value is not YAML") from None
    for part in reversed(key.split(".")):
        leaf = {part: leaf}
    assert isinstance(leaf, dict)
    return leaf


def _merge(base: Tree, change: Tree) -> Tree:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        # Another kind of thing (a schedule of another name) shares no keys with the old one.
        if both and _kind(value) in (None, _kind(old)):
            merged[key] = _merge(old, value)  # type: ignore[arg-type]
        else:
            merged[key] = value
    return merged


def _kind(tree: "Value | Tree | None") -> Any:
    name = tree.get("type") if isinstance(tree, dict) else None
    return name.data if isinstance(name, Value) else None


def _plain(tree: Tree) -> dict[str, Any]:
    return {k: _plain(v) if isinstance(v, dict) else v.data for k, v in tree.items()}


def _build(cls: type[C], tree: Tree, source: str) -> C:
    try:
        # Strict JSON rules: a list may fill a tuple, but "3" is no number and 1 no truth value.
        return cls.model_validate_json(json.dumps(_plain(tree), default=str))
    except ValidationError as error:
        raise UserError("; ".join(_explain(cls, tree, source, error))) from None


def _explain(cls: type[Config], tree: Tree, source: str, error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        location = _strip_union_tags(tree, [str(part) for part in item["loc"]])
        key = ".".join(location)
        place = _place(tree, location) or source
        if item["type"] == "extra_forbidden":
            siblings = _siblings(cls, error, item["loc"])
            yield f"{place}: unknown key '{key}'{suggestion(location[-1], siblings)}"
        elif item["type"] == "missing":
            yield f"{place}: '{key}' is missing"
        else:
            yield f"{place}: '{key}': {item['msg']} (found {item['input']!r})"


def _strip_union_tags(tree: Tree, location: list[str]) -> list[str]:
    """Drop the tag that pydantic puts into the location of a tagged union's member."""
    kept: list[str] = []
    node: Value | Tree | None = tree
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(node, dict) and part not in node and not last and part == _kind(node):
            continue
        kept.append(part)
        node = node.get(part) if isinstance(node, dict) else None
    return kept


def _place(tree: Tree, location: list[str]) -> str | None:
    node: Value | Tree | None = tree
    parent: Value | Tree | None = tree
    for part in location:
        parent, node = node, node.get(part) if isinstance(node, dict) else None
        if node is None:
            return _first_place(parent)
    return _first_place(node)


def _first_place(node: "Value | Tree | None") -> str | None:
    if isinstance(node, Value):
        return node.place
    for child in (node or {}).values():
        return _first_place(child)
    return None


def _siblings(cls: type[Config], error: ValidationError, location: tuple[Any, ...]) -> list[str]:
    """Return the fields that the section of ``location`` has."""
    section: Any = cls
    for part in location[:-1]:
        section = _field_class(section, str(part))
    fields: Mapping[str, Any] = getattr(section, "model_fields", {})
    return list(fields)


def _field_class(section: Any, name: str) -> Any:
    """Return the config class of a field, or of the member ``name`` of a tagged union."""
    if isinstance(section, type) and issubclass(section, Config):
        field = section.model_fields.get(name)
        return field.annotation if field else None
    for member in getattr(section, "__args__", ()):
        tag = getattr(member, "model_fields", {}).get("type")
        if tag is not None and tag.default == name:
            return member
    return None
