"""Settings before they are checked: nested keys whose values know where they were written."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, get_args

from speakernet.config.choices import Choices
from speakernet.config.schema import Config


class Value(NamedTuple):
    """A leaf and the place where it was written (``file:line``)."""

    data: Any
    place: str


Tree = dict[str, "Value | Tree"]

Kind: TypeAlias = type[Config] | Choices[Any, Any] | None
"""What stands under a key: a section, one of several named things, or a plain value (None)."""


def kind_of(section: type[Config] | None, key: str) -> Kind:
    """Return what stands under ``key`` of ``section``; None for unknown keys, too."""
    field = section.model_fields.get(key) if section else None
    if field is None:
        return None
    return _choices_in(field.metadata) or _kind_of_annotation(field.annotation)


def _kind_of_annotation(annotation: Any) -> Kind:
    if isinstance(annotation, type) and issubclass(annotation, Config):
        return annotation
    own = _choices_in(getattr(annotation, "__metadata__", ()))
    kinds = (_kind_of_annotation(part) for part in get_args(annotation))
    return own or next((kind for kind in kinds if kind), None)


def _choices_in(metadata: Any) -> Choices[Any, Any] | None:
    return next((item for item in metadata if isinstance(item, Choices)), None)


def section_of(kind: Kind, node: "Value | Tree | None") -> type[Config] | None:
    """Return the class whose fields are the keys of ``node``; None where that is not known."""
    if not isinstance(kind, Choices):
        return kind
    name = name_in(kind, node)
    return kind.options(name) if name is not None and kind.key_of(name) else None


def name_in(choices: Choices[Any, Any], node: "Value | Tree | None") -> str | None:
    """Return which entry of ``choices`` is named in ``node``, if one is."""
    leaf = node.get(choices.tag) if isinstance(node, dict) else None
    return leaf.data if isinstance(leaf, Value) and isinstance(leaf.data, str) else None


def merge(base: Tree, change: Tree, section: type[Config] | None) -> Tree:
    """Return ``base`` with ``change`` on top: mappings merge key by key, anything else replaces.

    Under a key that names one of several things, another name replaces what was there: options of
    one thing are none of another. A bare name (``pooling: asp``) stands for ``{name: asp}``, and
    options without a name are those of the section's default.
    """
    merged = dict(base)
    for key, value in change.items():
        kind = kind_of(section, key)
        old, new = merged.get(key), _spell_out(kind, value)
        if isinstance(new, dict):
            kept = old if isinstance(old, dict) and not _names_another(kind, old, new) else {}
            named = _default_name(section, key, kind, new) if not kept else {}
            new = merge(kept, named | new, section_of(kind, {**kept, **named, **new}))
        merged[key] = new
    return merged


def _spell_out(kind: Kind, value: "Value | Tree") -> "Value | Tree":
    if isinstance(kind, Choices) and isinstance(value, Value) and isinstance(value.data, str):
        return {kind.tag: value}
    return value


def _names_another(kind: Kind, old: Tree, new: Tree) -> bool:
    if not isinstance(kind, Choices):
        return False
    return name_in(kind, new) not in (None, name_in(kind, old))


def _default_name(section: type[Config] | None, key: str, kind: Kind, options: Tree) -> Tree:
    """Return the name of the default under ``key``, as if it stood beside its ``options``."""
    if section is None or not isinstance(kind, Choices):
        return {}
    name = getattr(section.model_fields[key].default, kind.tag, None)
    place = _first_place(options)
    return {} if name is None or place is None else {kind.tag: Value(name, place)}


def to_tree(values: Mapping[str, Any], place: str) -> Tree:
    """Return plain nested ``values`` as a tree, all written at ``place``."""
    return {
        key: to_tree(value, place) if isinstance(value, Mapping) else Value(value, place)
        for key, value in values.items()
    }


def to_values(tree: Tree) -> dict[str, Any]:
    """Return the nested values without their places."""
    return {k: to_values(v) if isinstance(v, dict) else v.data for k, v in tree.items()}


def place_of(tree: "Value | Tree | None", keys: Sequence[str]) -> str | None:
    """Return where the value under ``keys`` was written; if nowhere, where its section begins."""
    node = tree
    for depth, key in enumerate(keys):
        below = node.get(key) if isinstance(node, dict) else None
        if below is None:
            return _first_place(node) if depth else None
        node = below
    return _first_place(node)


def _first_place(node: "Value | Tree | None") -> str | None:
    if isinstance(node, Value):
        return node.place
    for child in (node or {}).values():
        return _first_place(child)
    return None
