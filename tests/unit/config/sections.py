"""A recipe in small: sections, a choice with options, a choice within a choice."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from speakernet.config import Choices, Config, PatternChoices, setting_error


class Schedule(Config):
    type: str


SCHEDULES = Choices[Schedule, type[Schedule]]("schedule", tag="type")


@SCHEDULES.add("constant")
class Constant(Schedule):
    """No schedule at all."""

    type: Literal["constant"] = "constant"
    value: float = Field(default=1.0, ge=0)
    """The value."""


@SCHEDULES.add("staircase")
class Staircase(Schedule):
    """Steps."""

    type: Literal["staircase"] = "staircase"
    num_steps: int = 2
    """How many."""


if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = SCHEDULES.section()


class NetworkOptions(Config):
    """What networks share."""

    name: str


class DeepOptions(NetworkOptions):
    """Options of deep networks."""

    dropout: AnySchedule | None = None
    """Share of zeros; null: none."""
    widths: tuple[int, ...] = (3, 4)
    """Of the layers."""


NETWORKS = PatternChoices[NetworkOptions, str]("network")
NETWORKS.add_pattern("flat", options=NetworkOptions, published=["flat"], examples=["flat"])(
    "a flat one"
)
NETWORKS.add_pattern(
    r"deep(?P<depth>\d+)(?P<wide>_wide)?",
    options=DeepOptions,
    published=["deep18", "deep34_wide"],
    examples=["deep2"],
)("a deep one")

if TYPE_CHECKING:
    AnyNetwork = NetworkOptions
else:
    AnyNetwork = NETWORKS.section()


class Recipe(Config):
    """Everything."""

    epochs: int = 3
    """How many."""
    schedule: AnySchedule = Constant()
    """Over the run."""
    network: AnyNetwork = NetworkOptions(name="flat")
    """What is trained."""
    sets: tuple[str, ...] = ()
    """Names of sets."""

    @field_validator("sets")
    @classmethod
    def _known(cls, sets: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = (info.context or {}).get("sets", sets)
        if not set(sets) <= set(known):
            raise ValueError(f"known sets: {', '.join(known)}")
        return sets

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.network.name == "flat" and not isinstance(self.schedule, Constant):
            raise setting_error("schedule.type", "a flat network learns at once; expected constant")
        return self
