"""The one configuration of a model, from data to scores. A recipe file holds only differences."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from speakernet.backend.config import ExtractionConfig, ScoringConfig
from speakernet.config import Config, setting_error
from speakernet.config.errors import suggestion
from speakernet.data.config import DataConfig
from speakernet.nn.losses import LossConfig
from speakernet.nn.losses.base import MarginOptions
from speakernet.nn.models import ModelConfig
from speakernet.optim import OptimConfig, ScheduleConfig
from speakernet.optim.optimizers.sgd import Sgd
from speakernet.prepare.stage_values import NAME, WAVEFORM
from speakernet.train.config import TrainConfig

Copy = Literal["reverb", "noise", "music", "babble"]
COPIES: tuple[Copy, ...] = get_args(Copy)
KALDI_SPEEDS = [0.9, 1.1]
SpeedFactor = Annotated[float, Field(gt=0)]
Rule = tuple[bool, str, str]
"""Whether a rule is broken, the key to blame, and what is wrong with it."""


def _check_name(name: str) -> str:
    """Names become parts of paths, which programs and tables must not take for anything else."""
    if not NAME.fullmatch(name):
        raise ValueError("expected a name of letters, digits, '_', '-' and '.', not first '-', '.'")
    return name


def _joined(items: Iterable[object]) -> str:
    return "".join(f"_{item}" for item in items)


Name = Annotated[str, AfterValidator(_check_name)]

EVALUATION_SECTIONS = ("extraction", "scoring")
"""Sections that may change after training: they decide nothing about the network."""


class Recipe(Config):
    """Everything that decides a result, except paths and facts of the data."""

    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    """Seed of everything random: weights, order, crops, augmentation, dither."""
    data_seed: int | None = Field(default=None, ge=0, le=2**63 - 1)
    """Another seed for what is stored, augmented copies and the dither of features, so that
    experiments with several seeds share them."""
    features: Name = "fbank80"
    """The name of a Kaldi configuration in conf/ (`fbank80`), or `waveform` for networks with
    a front end of their own."""
    train_set: Name = "train"
    """The data set to train on."""
    copies: tuple[Copy, ...] = COPIES
    """Augmented copies that are trained on beside the clean set."""
    speed_factors: tuple[SpeedFactor, ...] = ()
    """Each adds a copy of every training speaker, as another speaker, played at that speed."""
    model: ModelConfig
    """The network."""
    loss: LossConfig
    """What training minimises."""
    data: DataConfig = DataConfig()
    """Crops, their order, and who reads them."""
    optim: OptimConfig = Sgd()
    """How gradients become updates."""
    schedule: ScheduleConfig = ScheduleConfig()
    """Values over the run."""
    train: TrainConfig = TrainConfig()
    """How long, in what pieces, how precisely, and what is kept."""
    extraction: ExtractionConfig = ExtractionConfig()
    """How an utterance becomes an embedding."""
    scoring: ScoringConfig = ScoringConfig()
    """How embeddings become scores."""

    @field_validator("features")
    @classmethod
    def _known_features(cls, features: str, info: ValidationInfo) -> str:
        known = (info.context or {}).get("features")
        if known is not None and features not in known:
            hint = suggestion(features, known)
            raise setting_error(
                "", f"unknown features '{features}'{hint}; known: {', '.join(known)}"
            )
        return features

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for is_wrong, key, text in self._rules():
            if is_wrong:
                raise setting_error(key, text)
        return self

    def _rules(self) -> Iterator[Rule]:
        yield from self._input_rules()
        yield from self._loss_rules()
        yield from self._scoring_rules()

    def _input_rules(self) -> Iterator[Rule]:
        """What the network takes decides which other settings have a meaning."""
        data, name, waveform = self.data, self.model.name, self.uses_waveform
        kind = self.model.input_kind
        expected = WAVEFORM if kind == WAVEFORM else "a name of a file in conf/"
        reads = f"model '{name}' reads {kind}; expected {expected}"
        yield (kind == WAVEFORM) != waveform, "features", reads
        changes = "changes features, and a waveform recipe has none; expected null"
        yield waveform and data.cmn_window is not None, "data.cmn_window", changes
        yield waveform and data.spec_augment is not None, "data.spec_augment", changes
        yield waveform and data.online_features is not None, "data.online_features", changes
        text = "changes features, and a waveform recipe has none; expected true"
        yield waveform and not data.cmn_context, "data.cmn_context", text
        needs = "changes audio; it needs features: waveform or data.online_features"
        online = waveform or data.online_features is not None
        yield not online and data.online_augment is not None, "data.online_augment", needs
        needs = "computes filter banks; expected reader"
        is_device = data.online_features == "device"
        yield is_device and not self.features.startswith("fbank"), "data.online_features", needs
        has_one = self.model.has_temperature
        text = f"model '{name}' has {'a' if has_one else 'no'} softmax temperature"
        yield self._misfit_of_schedule("temperature", has_one, text)

    def _loss_rules(self) -> Iterator[Rule]:
        """What the loss has decides which other settings have a meaning."""
        loss, group, grouped = self.loss, self.loss.group_size, self.data.order.is_grouped
        prefix = f"loss '{loss.name}'"
        has_one = isinstance(loss, MarginOptions)
        text = f"{prefix} has {'a' if has_one else 'no'} margin"
        yield self._misfit_of_schedule("margin", has_one, text)
        compares = f"{prefix} compares {group} utterances of each speaker"
        yield group > 1 and not grouped, "data.order", f"{compares}; expected speaker_groups"
        single = f"{prefix} compares no utterances; expected another than speaker_groups"
        yield group == 1 and grouped, "data.order", single
        yield self.train.batch_size % group > 0, "train.batch_size", f"{compares}: not a multiple"

    def _misfit_of_schedule(self, key: str, is_used: bool, text: str) -> Rule:
        is_null = getattr(self.schedule, key) is None
        is_wrong = is_null if is_used else not (is_null or self.schedule.is_default(key))
        expected = "a schedule" if is_used else f"null (schedule: {{{key}: null}})"
        return is_wrong, f"schedule.{key}", f"{text}; expected {expected}"

    def _scoring_rules(self) -> Iterator[Rule]:
        """What scores compare has to be there."""
        scoring, name = self.scoring, self.loss.name
        missing = scoring.needs_class_weights and not self.loss.has_class_weights
        yield missing, "scoring.cohort", f"loss '{name}' has no class weights"
        crops = self.extraction.mode == "crops"
        compares = f"'{scoring.similarity}' does not fit extraction.mode {self.extraction.mode}"
        yield crops != scoring.compares_crops, "scoring.similarity", compares

    @property
    def speed_set(self) -> str:
        """The name of the training set with its copies at other speeds: ``_sp`` is Kaldi's.

        Other factors than Kaldi's are part of the name, as they make another set.
        """
        factors = sorted(self.speed_factors)
        suffix = "" if factors == KALDI_SPEEDS else _joined(factors)
        return f"{self.train_set}_sp{suffix}" if self.speed_factors else self.train_set

    @property
    def train_data(self) -> str:
        """The name of the data directory to train on: ``speed_set`` and, with copies, ``_aug``.

        Copies that are not all four, or drawn by another seed than 1, are part of the name.
        """
        copies = self.sorted_copies
        suffix = "" if copies == COPIES else _joined(copies)
        return f"{self.speed_set}_aug{suffix}{self.seed_suffix}" if copies else self.speed_set

    @property
    def sorted_copies(self) -> tuple[Copy, ...]:
        """The copies, each once and in one order."""
        return tuple(copy for copy in COPIES if copy in self.copies)

    @property
    def feature_folder(self) -> str:
        """The name of the folder of all sets' features, whose dither the seed draws."""
        return self.features + ("" if self.uses_waveform else self.seed_suffix)

    @property
    def seed_suffix(self) -> str:
        """What names have where the seed is not the usual one."""
        seed = self.stored_seed
        return "" if seed == Recipe.model_fields["seed"].default else f"_seed{seed}"

    @property
    def stored_seed(self) -> int:
        """The seed of copies and of dither."""
        return self.seed if self.data_seed is None else self.data_seed

    @property
    def uses_waveform(self) -> bool:
        """Whether the network reads audio instead of feature files."""
        return self.features == WAVEFORM
