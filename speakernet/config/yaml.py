"""YAML with bases, and where each value came from.

A file may start with ``base: [other.yaml, ...]`` (paths relative to itself); later bases override
earlier ones, and the file overrides its bases (``tree.merge`` says how). Every error names file,
line and dotted key.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from os.path import normpath, realpath
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from speakernet.config.build import build
from speakernet.config.errors import UserError
from speakernet.config.files import read_text
from speakernet.config.numbers import MAX_DIGITS
from speakernet.config.schema import Config
from speakernet.config.tree import Tree, Value, merge, to_values

C = TypeVar("C", bound=Config)

BASE_KEY = "base"
_MAX_BYTES = 1 << 20
_MAX_NODES = 20_000  # of a file; our longest recipe with all values written out has 200
_MAX_FILES = 64

_MAX_DEPTH = 16  # of an override's key; our deepest has 4

_NO_OVERRIDES: Mapping[Path, Iterable[str]] = MappingProxyType({})

Place = Callable[[yaml.Node], str]


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads ``1e-3`` as a number (YAML 1.1 asks for ``1.0e-3``)."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def load_config(
    cls: type[C],
    path: str | Path,
    overrides: Iterable[str] = (),
    *,
    base_overrides: Mapping[Path, Iterable[str]] = _NO_OVERRIDES,
    **context: Any,
) -> C:
    """Read ``path`` with its bases and ``key.subkey=value`` overrides into a ``cls``.

    Overrides are like lines at the end of the file; ``base_overrides`` are those of bases, by path.
    ``context`` are what the validators of ``cls`` may ask for. Raises UserError with file, line and
    dotted key for anything that does not fit.
    """
    path = Path(path)
    changes = {Path(realpath(base)): list(texts) for base, texts in base_overrides.items()}
    changes[Path(realpath(path))] = list(overrides)
    return build(cls, _Files(cls, changes).read(path, chain=()), str(path), context)


def load_plain(path: Path) -> dict[str, Any]:
    """Return the values of a file without bases, unchecked. Raises UserError unless it is YAML."""
    return parse_plain(read_text(path, _MAX_BYTES), str(path))


def parse_plain(text: str, name: str) -> dict[str, Any]:
    """Return the values of a YAML text, unchecked. Raises UserError, beginning with ``name``."""
    return to_values(_parse_tree(text, name))


def dump_config(config: Config) -> str:
    """Return ``config`` with every value, as YAML that ``load_config`` reads back unchanged."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


class _Files:
    """Reads a file and its bases, which may have bases: not endlessly many."""

    def __init__(self, cls: type[Config], overrides: Mapping[Path, Iterable[str]]) -> None:
        self._cls = cls
        self._overrides = overrides
        self._num_files = 0

    def read(self, path: Path, chain: tuple[Path, ...]) -> Tree:
        """Return the tree of a file; ``chain``: the files whose base it is."""
        resolved = Path(realpath(path))
        if resolved in chain:
            raise UserError(f"{path}: is its own base")
        self._num_files += 1
        if self._num_files > _MAX_FILES:
            raise UserError(f"{path}: more than {_MAX_FILES} bases in all; expected fewer")
        tree, merged = _parse_tree(read_text(path, _MAX_BYTES), str(path)), Tree()
        for base in _pop_bases(tree, path):
            inherited = self.read(Path(normpath(path.parent / base)), (*chain, resolved))
            merged = merge(merged, inherited, self._cls)
        merged = merge(merged, tree, self._cls)
        for text in self._overrides.get(resolved, ()):
            merged = merge(merged, _parse_override(text), self._cls)
        return merged


def _parse_tree(text: str, name: str) -> Tree:
    node = _compose(text, f"{name}: not YAML")
    return {} if node is None else _mapping(node, lambda n: f"{name}:{n.start_mark.line + 1}")


def _compose(text: str, problem: str) -> yaml.Node | None:
    """Return the nodes of a YAML text. Raises UserError unless it is one of a sensible size."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise UserError(f"{problem}: {' '.join(str(error).split())}") from None
    except (RecursionError, ValueError):
        raise UserError(f"{problem}: nested too deeply") from None
    _check_size(node, problem)
    return node


def _check_size(node: yaml.Node | None, problem: str) -> None:
    """Aliases make a file of a few lines stand for billions of values, or for itself."""
    left, count = [node], 0
    while left:
        item, count = left.pop(), count + 1
        if count > _MAX_NODES:
            raise UserError(
                f"{problem}: more than {_MAX_NODES} values with all aliases written out"
            )
        if isinstance(item, yaml.MappingNode):
            left += [part for pair in item.value for part in pair]
        elif isinstance(item, yaml.SequenceNode):
            left += item.value


def _pop_bases(tree: Tree, path: Path) -> list[str]:
    entry = tree.pop(BASE_KEY, Value([], str(path)))
    if (
        not isinstance(entry, Value)
        or not isinstance(entry.data, list)
        or not all(isinstance(base, str) and base.isprintable() for base in entry.data)
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
        data = loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise UserError(f"{where}: {' '.join(str(error).split())}") from None
    except (ValueError, TypeError, OverflowError):  # the 99th of a month, a number of 5000 digits
        raise UserError(f"{where}: found what looks like a date or number and is none") from None
    finally:
        loader.dispose()
    if isinstance(data, int) and abs(data) >= 10**MAX_DIGITS:
        raise UserError(f"{where}: expected a whole number of at most {MAX_DIGITS} digits")
    return Value(data, where)


def _parse_override(text: str) -> Tree:
    key, equals, value = text.partition("=")
    place = f"--set '{text}'"
    if not equals or not key or key.count(".") >= _MAX_DEPTH:
        raise UserError(f"{place}: expected key.subkey=value")
    node = _compose(value, f"{place}: the value is not YAML")
    leaf = Value(None, place) if node is None else _value(node, lambda _: place, place)
    for part in reversed(key.split(".")):
        leaf = {part: leaf}
    assert isinstance(leaf, dict)
    return leaf
