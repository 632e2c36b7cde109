"""The one configuration of a model, from data to scores. A recipe file holds only differences."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from speakernet.backend.config import ExtractionConfig, ScoringConfig
from speakernet.config import Config
from speakernet.data.config import DataConfig
from speakernet.nn.losses import LossConfig
from speakernet.nn.models import ModelConfig
from speakernet.optim.config import OptimConfig, ScheduleConfig
from speakernet.train.config import TrainConfig

WAVEFORM = "waveform"

Copy = Literal["reverb", "noise", "music", "babble"]
SpeedFactor = Annotated[float, Field(gt=0)]


def _check_name(name: str) -> str:
    """Names become parts of paths, which programs and tables must not take for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise ValueError("expected a name of letters, digits, '_', '-' and '.', not first '-', '.'")
    return name


Name = Annotated[str, AfterValidator(_check_name)]

EVALUATION_SECTIONS = ("extraction", "scoring")
"""Sections that may change after training: they decide nothing about the network."""


class Recipe(Config):
    """Everything that decides a result, except paths and facts of the data.

    features: the name of a Kaldi configuration in conf/ (``fbank80``), or ``waveform`` for networks
    with a front end of their own. train_set: the data set to train on. copies: augmented copies
    that are trained on beside the clean set. speed_factors: each adds a copy of every training
    speaker, as another speaker, played at that speed.
    """

    seed: int = 1
    features: Name = "fbank80"
    train_set: Name = "train"
    copies: tuple[Copy, ...] = ("reverb", "noise", "music", "babble")
    speed_factors: tuple[SpeedFactor, ...] = ()
    model: ModelConfig
    loss: LossConfig
    data: DataConfig = DataConfig()
    optim: OptimConfig = OptimConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    train: TrainConfig = TrainConfig()
    extraction: ExtractionConfig = ExtractionConfig()
    scoring: ScoringConfig = ScoringConfig()

    @model_validator(mode="after")
    def _augments_what_it_reads(self) -> Self:
        if self.data.online_augment is not None and not self.uses_waveform:
            raise ValueError("data.online_augment changes audio; it needs features: waveform")
        return self

    @property
    def train_data(self) -> str:
        """The name of the data directory to train on: the set, ``_sp``, ``_aug``."""
        speed = "_sp" if self.speed_factors else ""
        return f"{self.train_set}{speed}{'_aug' if self.copies else ''}"

    @property
    def uses_waveform(self) -> bool:
        """Whether the network reads audio instead of feature files."""
        return self.features == WAVEFORM
