"""Typed, frozen configuration. Knows nothing about speech."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from speakernet.config.errors import UserError
from speakernet.config.registry import Registry

if TYPE_CHECKING:
    from speakernet.config.build import configure
    from speakernet.config.choices import Choices, PatternChoices
    from speakernet.config.schema import Config, setting_error
    from speakernet.config.yaml import dump_config, load_config, load_plain, parse_plain

# Importing pydantic takes longer than some programs run, and most of those have no recipe.
_LATER = {
    "Choices": "choices",
    "Config": "schema",
    "PatternChoices": "choices",
    "configure": "build",
    "dump_config": "yaml",
    "load_config": "yaml",
    "load_plain": "yaml",
    "parse_plain": "yaml",
    "setting_error": "schema",
}

__all__ = [
    "Choices",
    "Config",
    "PatternChoices",
    "Registry",
    "UserError",
    "configure",
    "dump_config",
    "load_config",
    "load_plain",
    "parse_plain",
    "setting_error",
]


def __getattr__(name: str) -> Any:
    """Import what needs pydantic when it is first used."""
    if name in _LATER:
        return getattr(import_module(f"speakernet.config.{_LATER[name]}"), name)
    raise AttributeError(f"module 'speakernet.config' has no attribute '{name}'")
