"""All keys of a configuration class as Markdown: type, default, meaning, and what can be chosen."""

import json
from collections.abc import Iterable, Iterator, Mapping
from inspect import getdoc
from typing import Any, NamedTuple

from speakernet.config.choices import Choices
from speakernet.config.schema import Config
from speakernet.config.tree import Kind, kind_of

AnyChoices = Choices[Any, Any]

_PLAIN = {"boolean": "true or false", "string": "text"}
_HEADER = ("type", "default", "meaning")
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


class Option(NamedTuple):
    """A key of a section: what it takes, what it is by default, what it means."""

    name: str
    kind: Kind
    type: str
    default: str
    meaning: str


def options_of(section: type[Config], tag: str = "") -> list[Option]:
    """Return the options of ``section`` in their order, but for the key ``tag``."""
    schemas = section.model_json_schema()["properties"]
    names = [name for name in section.model_fields if name != tag]
    return [_option(section, name, schemas[name]) for name in names]


def _option(section: type[Config], name: str, schema: Mapping[str, Any]) -> Option:
    kind, field = kind_of(section, name), section.model_fields[name]
    type_text, default = _type_text(schema), f"`{json.dumps(schema.get('default'))}`"
    if kind is not None:
        null = " or null" if "null" in type_text else ""
        type_text = f"{kind.kind if isinstance(kind, Choices) else 'section'}{null}"
        if isinstance(kind, Choices) and field.default is not None:
            default = f"`{getattr(field.default, kind.tag, '')}`"
        elif isinstance(field.default, Config):
            default = ""
    if field.is_required():
        default = "required"
    return Option(name, kind, type_text, default, description(section, name))


def description(section: type[Config], name: str) -> str:
    """Return what is written under a field, here or in a base class; empty if nothing is."""
    for cls in section.__mro__:
        field = getattr(cls, "model_fields", {}).get(name)
        if field is not None and field.description:
            return " ".join(field.description.split())
    return ""


def sections_of(section: type[Config], prefix: str = "") -> Iterator[tuple[str, type[Config]]]:
    """Yield ``section`` and all sections in it, each with the key that it stands under."""
    yield prefix, section
    for name in section.model_fields:
        kind = kind_of(section, name)
        if isinstance(kind, type):
            yield from sections_of(kind, _join(prefix, name))


def choices_of(section: type[Config]) -> dict[AnyChoices, list[str]]:
    """Return what can be chosen in ``section``, also within what can be chosen, with the keys."""
    found: dict[AnyChoices, list[str]] = {}
    for prefix, part in sections_of(section):
        _find_choices(part, prefix, found)
    return found


def _find_choices(section: type[Config], prefix: str, found: dict[AnyChoices, list[str]]) -> None:
    for name in section.model_fields:
        kind, key = kind_of(section, name), _join(prefix, name)
        if isinstance(kind, Choices) and key not in found.setdefault(kind, []):
            found[kind].append(key)
            for entry in kind.entries():
                _find_choices(entry.options, key, found)


def reference(section: type[Config]) -> str:
    """Return the keys of ``section``, of the sections in it, and of all that can be chosen."""
    lines: list[str] = []
    for prefix, part in sections_of(section):
        lines += ["", f"## `{prefix}`" if prefix else "## Top level", "", _summary(part), ""]
        rows = [(f"`{_join(prefix, o.name)}`", *o[2:]) for o in options_of(part)]
        lines += _table(("key", *_HEADER), rows)
    for choices, keys in choices_of(section).items():
        lines += _describe_choices(choices, keys)
    return "\n".join(lines).strip() + "\n"


def _describe_choices(choices: AnyChoices, keys: list[str]) -> Iterator[str]:
    """Yield a table of the entries and one of their options, each option once."""
    yield from ("", f"## Choices: {', '.join(f'`{key}`' for key in keys)}", "")
    entries = choices.entries()
    rows = [(_names(choices, entry.key), _summary(entry.implementation)) for entry in entries]
    yield from _table((f"`{choices.tag}`", ""), rows)
    owners = _owners(choices)
    prefix = keys[0] if len(keys) == 1 else ""
    options = [
        (
            f"`{_join(prefix, option.name)}`",
            "all" if len(names) == len(entries) else ", ".join(names),
            *option[2:],
        )
        for option, names in owners.items()
    ]
    if options:
        yield from ("", *_table(("key", "of", *_HEADER), options))


def _owners(choices: AnyChoices) -> dict[Option, list[str]]:
    """Return which entries have each option; one name stands for all of a pattern."""
    owners: dict[Option, list[str]] = {}
    for entry in choices.entries():
        name = _names(choices, entry.key).partition(",")[0]
        for option in options_of(entry.options, choices.tag):
            owners.setdefault(option, []).append(name)
    return owners


def _names(choices: AnyChoices, key: str) -> str:
    return ", ".join(f"`{name}`" for name in choices.names() if choices.key_of(name) == key)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [header, ("---",) * len(header), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return [f"| {' | '.join(cells)} |" for cells in escaped]


def _summary(thing: object) -> str:
    """Return the first paragraph of a docstring, in Markdown."""
    paragraph = (getdoc(thing) or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _type_text(schema: Mapping[str, Any]) -> str:
    """Say in words what a JSON schema accepts."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type_text(part) for part in schema[key])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "prefixItems" in schema:
        return f"[{', '.join(_type_text(part) for part in schema['prefixItems'])}]"
    if "items" in schema:
        return f"list of: {_type_text(schema['items'])}"
    name = schema.get("type", "section")
    bounds = [f"{sign} {schema[key]:g}" for key, sign in _BOUNDS.items() if key in schema]
    return " ".join([_PLAIN.get(name, name), ", ".join(bounds)]).strip()
