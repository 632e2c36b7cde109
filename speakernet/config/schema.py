"""The base of every configuration class."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

SETTING_ERROR = "setting_error"
"""The type of the errors that ``setting_error`` makes."""


class Config(BaseModel):
    """A frozen section of settings: unknown keys and wrong types are errors.

    A subclass lists its fields with their defaults (the only home of defaults) and says under each
    what it means; docs/recipe_reference.md is made from these texts::

        class EvaluationConfig(Config):
            num_trials: int = 1000
            \"\"\"How many pairs are compared.\"\"\"
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )

    def is_default(self, field: str) -> bool:
        """Whether ``field`` has its default value."""
        return bool(getattr(self, field) == type(self).model_fields[field].default)

    def refuse_unread(self, field: str, needs: str) -> None:
        """Raise an error if ``field`` was changed though nothing reads it without ``needs``."""
        if not self.is_default(field):
            default = type(self).model_fields[field].default
            raise setting_error(
                field, f"is read only with {needs}; expected the default, {default}"
            )


def setting_error(key: str, text: str) -> PydanticCustomError:
    """Return the error for a validator to raise.

    ``key`` is what is wrong, dotted, below the section or field that is validated; may be empty.
    """
    return PydanticCustomError(SETTING_ERROR, "{text}", {"key": key, "text": text})
