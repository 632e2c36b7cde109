"""The base of every configuration class."""

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """A frozen section of settings: unknown keys and wrong types are errors.

    A subclass lists its fields with their defaults (the only home of defaults)::

        class OptimConfig(Config):
            learning_rate: float = 0.08
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)
