"""Typed, frozen configuration. Knows nothing about speech."""

from speakernet.config.errors import UserError
from speakernet.config.registry import Registry
from speakernet.config.schema import Config
from speakernet.config.yaml import dump_config, load_config

__all__ = ["Config", "Registry", "UserError", "dump_config", "load_config"]
