"""YAML with bases, and where each value came from.

A file may start with ``base: [other.yaml, ...]`` (paths relative to itself); later bases override
earlier ones, and the file overrides its bases (``tree.merge`` says how). Every error names file,
line and dotted key.
"""

import re
from collections.abc import Callable, Iterable
from os.path import normpath
from pathlib import Path
from typing import Any, TypeVar

import yaml

from speakernet.config.build import build
from speakernet.config.errors import UserError
from speakernet.config.schema import Config
from speakernet.config.tree import Tree, Value, merge

C = TypeVar("C", bound=Config)

BASE_KEY = "base"

Place = Callable[[yaml.Node], str]


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads ``1e-3`` as a number (YAML 1.1 asks for ``1.0e-3``)."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def load_config(cls: type[C], path: str | Path, overrides: Iterable[str] = (), **context: Any) -> C:
    """Read ``path`` with its bases and ``key.subkey=value`` overrides into a ``cls``.

    ``context`` are what the validators of ``cls`` may ask for. Raises UserError with file, line and
    dotted key for anything that does not fit.
    """
    tree = _read(Path(path), cls, chain=())
    for text in overrides:
        tree = merge(tree, _parse_override(text), cls)
    return build(cls, tree, str(path), context)


def dump_config(config: Config) -> str:
    """Return ``config`` with every value, as YAML that ``load_config`` reads back unchanged."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _read(path: Path, cls: type[Config], chain: tuple[Path, ...]) -> Tree:
    resolved = path.resolve()
    if resolved in chain:
        raise UserError(f"{path}: is its own base")
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    tree = _mapping(node, lambda n: f"{path}:{n.start_mark.line + 1}") if node is not None else {}
    merged: Tree = {}
    for base in _pop_bases(tree, path):
        inherited = _read(Path(normpath(path.parent / base)), cls, (*chain, resolved))
        merged = merge(merged, inherited, cls)
    return merge(merged, tree, cls)


def _pop_bases(tree: Tree, path: Path) -> list[str]:
    entry = tree.pop(BASE_KEY, Value([], str(path)))
    if (
        not isinstance(entry, Value)
        or not isinstance(entry.data, list)
        or not all(isinstance(base, str) for base in entry.data)
    ):
        raise UserError(f"{path}: '{BASE_KEY}' must be a list of files")
    return entry.data


def _mapping(node: yaml.Node, place: Place) -> Tree:
    if not isinstance(node, yaml.MappingNode):
        raise UserError(f"{place(node)}: expected 'key: value' lines")
    tree: Tree = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in tree:
            raise UserError(f"{place(key_node)}: '{key}' is set twice in this file")
        tree[key] = _value(value_node, place, place(key_node))
    return tree


def _value(node: yaml.Node, place: Place, where: str) -> Value | Tree:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place)
    loader = _Loader("")
    try:
        return Value(loader.construct_object(node, deep=True), where)
    except yaml.YAMLError as error:
        raise UserError(f"{where}: {' '.join(str(error).split())}") from None
    finally:
        loader.dispose()


def _parse_override(text: str) -> Tree:
    key, equals, value = text.partition("=")
    place = f"override '{text}'"
    if not equals or not key:
        raise UserError(f"{place}: expected key.subkey=value")
    try:
        node = yaml.compose(value, Loader=_Loader)
    except yaml.YAMLError:
        raise UserError(f"{place}: the value is not YAML") from None
    leaf = Value(None, place) if node is None else _value(node, lambda _: place, place)
    for part in reversed(key.split(".")):
        leaf = {part: leaf}
    assert isinstance(leaf, dict)
    return leaf
