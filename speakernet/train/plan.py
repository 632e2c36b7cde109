"""The length of a run, and the scheduled settings of each update: pure functions of the step."""

from dataclasses import dataclass
from typing import Protocol

from speakernet.config import Config, UserError
from speakernet.data.config import NetworkRecipe
from speakernet.nn.losses import LossConfig
from speakernet.optim import OptimConfig, ScheduleConfig, learning_rate
from speakernet.optim.schedules import Schedule
from speakernet.train.config import TrainConfig


class TrainingRecipe(NetworkRecipe, Protocol):
    """Protocol for the parts of a recipe that training reads."""

    @property
    def loss(self) -> LossConfig: ...
    @property
    def optim(self) -> OptimConfig: ...
    @property
    def schedule(self) -> ScheduleConfig: ...
    @property
    def train(self) -> TrainConfig: ...


class UpdateSettings(Config):
    """The scheduled settings of one update."""

    learning_rate: float
    margin: float
    temperature: float


@dataclass(frozen=True)
class Plan:
    """The steps of a run. ``global_batch``: utterances per update, over all processes."""

    recipe: TrainingRecipe
    global_batch: int
    steps_per_epoch: int

    @property
    def num_steps(self) -> int:
        """Updates in the whole run."""
        return self.recipe.train.epochs * self.steps_per_epoch

    def epoch(self, step: int) -> int:
        """Return the number of complete epochs after ``step`` updates."""
        return step // self.steps_per_epoch

    def settings(self, step: int) -> UpdateSettings:
        """Return learning rate, margin and temperature of update ``step`` (from 0)."""
        optim, schedule = self.recipe.optim, self.recipe.schedule
        epoch = self.steps_per_epoch
        return UpdateSettings(
            learning_rate=learning_rate(optim, schedule, step, epoch, self.global_batch),
            margin=self.recipe.loss.full_margin * _value(schedule.margin, step, epoch, 0.0),
            temperature=_value(schedule.temperature, step, epoch, 1.0),
        )


def make_plan(recipe: TrainingRecipe, global_batch: int, utterances_per_pass: int) -> Plan:
    """Return the plan of a run; an epoch has utterances // global batch steps, as in voxsrc2020.

    Raises UserError if an epoch is shorter than one update.
    """
    train = recipe.train
    utterances = train.utterances_per_epoch or round(train.passes_per_epoch * utterances_per_pass)
    if utterances < global_batch:
        raise UserError(
            f"an epoch of {utterances} utterances is smaller than one update's {global_batch} "
            "(train.batch_size * train.accumulate * processes)"
        )
    return Plan(recipe, global_batch, utterances // global_batch)


def _value(schedule: Schedule | None, step: int, steps_per_epoch: int, otherwise: float) -> float:
    return otherwise if schedule is None else schedule.value(step, steps_per_epoch)
