"""The recipe's section ``data``: which crops make a batch."""

from typing import TYPE_CHECKING, Literal, Protocol, Self

from pydantic import Field, model_validator

from speakernet.config import Choices, Config, setting_error

if TYPE_CHECKING:
    from speakernet.nn.models import ModelConfig


class NetworkRecipe(Protocol):
    """Protocol for the parts of a recipe that both training and extraction read."""

    @property
    def seed(self) -> int: ...
    @property
    def stored_seed(self) -> int: ...
    @property
    def uses_waveform(self) -> bool: ...
    @property
    def features(self) -> str: ...
    @property
    def model(self) -> "ModelConfig": ...
    @property
    def data(self) -> "DataConfig": ...


class SpecAugmentConfig(Config):
    """Masks on each crop (Park et al. 2019, arXiv:1904.08779, without time warping).

    What is masked becomes zero, which is the mean after subtraction of the sliding mean.
    """

    num_time_masks: int = Field(default=1, ge=0)
    """Stretches of time."""
    max_time: int = Field(default=10, ge=1)
    """Longest stretch in frames."""
    num_mel_masks: int = Field(default=1, ge=0)
    """Bands of mel bins."""
    max_mel: int = Field(default=8, ge=1)
    """Widest band in bins."""


class AugmentKindsConfig(Config):
    """How likely each kind of augmentation is, relative to the others; 0 for none."""

    reverb: float = Field(default=1, ge=0, le=1e6)
    """Another room."""
    noise: float = Field(default=1, ge=0, le=1e6)
    """A noise."""
    music: float = Field(default=1, ge=0, le=1e6)
    """A piece of music."""
    babble: float = Field(default=1, ge=0, le=1e6)
    """Several voices."""


class OnlineAugmentConfig(Config):
    """Random augmentation of each crop, by default as tdy does it when it augments: a crop that is
    augmented gets one of four kinds, equally likely.
    """

    probability: float = Field(default=0.8, ge=0, le=1)
    """Chance that a crop is augmented."""
    kinds: AugmentKindsConfig = AugmentKindsConfig()
    """How likely each kind is."""
    max_kinds: int = Field(default=1, ge=1, le=4)
    """Largest number of kinds at once, all numbers from 1 equally likely; the room comes first."""
    noise_snr_db: tuple[float, float] = (0.0, 15.0)
    """Least and largest signal-to-noise ratio of noises, in dB."""
    music_snr_db: tuple[float, float] = (5.0, 15.0)
    """The same of music."""
    babble_snr_db: tuple[float, float] = (13.0, 20.0)
    """The same of each voice of babble."""
    babble_voices: tuple[int, int] = (3, 7)
    """Least and largest number of voices at a time."""

    @model_validator(mode="after")
    def _draws_something(self) -> Self:
        for key in ("noise_snr_db", "music_snr_db", "babble_snr_db", "babble_voices"):
            low, high = getattr(self, key)
            if not low <= high:
                raise setting_error(key, f"found {low} to {high}; expected the smaller one first")
        if self.babble_voices[0] < 1:
            raise setting_error("babble_voices", "expected at least one voice")
        if self.max_kinds > sum(weight > 0 for _, weight in self.kinds):
            raise setting_error("max_kinds", "expected no more than there are kinds above 0")
        return self


class OrderOptions(Config):
    """In which order utterances are read."""

    type: str

    @property
    def is_grouped(self) -> bool:
        """Whether utterances of a speaker stand together, as losses that compare them need it."""
        return False


ORDERS = Choices[OrderOptions, type[OrderOptions]]("order", tag="type")


@ORDERS.add("permutation")
class PermutationOrder(OrderOptions):
    """All utterances in a new random order on each pass."""

    type: Literal["permutation"] = "permutation"


@ORDERS.add("skip")
class SkipOrder(OrderOptions):
    """One random order for all passes, each of which leaves out another share (voxsrc2020)."""

    type: Literal["skip"] = "skip"
    probability: float = Field(default=0.1, ge=0, lt=1)
    """The share that is left out."""


@ORDERS.add("blocks")
class BlocksOrder(OrderOptions):
    """Permutes within windows of random blocks of consecutive utterances: for disks that seek
    slowly and network file systems.
    """

    type: Literal["blocks"] = "blocks"
    block_size: int = Field(default=256, ge=1)
    """Consecutive utterances in a block."""
    blocks_in_window: int = Field(default=64, ge=1)
    """Blocks in a window."""


@ORDERS.add("speaker_groups")
class SpeakerGroupsOrder(OrderOptions):
    """Batches of several utterances of each speaker, no speaker twice, for losses that compare."""

    type: Literal["speaker_groups"] = "speaker_groups"
    max_seg_per_spk: int = Field(default=100, ge=2)
    """How many utterances a pass takes of each speaker at most."""

    @property
    def is_grouped(self) -> bool:
        """Whether utterances of a speaker stand together."""
        return True


if TYPE_CHECKING:
    OrderConfig = OrderOptions
else:
    OrderConfig = ORDERS.section()


class DataConfig(Config):
    """Crops, their order, and who reads them."""

    num_frames: int = Field(default=200, ge=1)
    """Length of a crop in frames of 10 ms; a waveform crop has 160 · num_frames + 240 samples."""
    order: OrderConfig = PermutationOrder()
    """In which order utterances are read."""
    cmn_window: int | None = Field(default=300, ge=1)
    """Frames of the sliding mean that is subtracted from features; null leaves the mean in.
    Waveform recipes have null."""
    spec_augment: SpecAugmentConfig | None = None
    """Masks on crops of features."""
    online_features: Literal["reader", "device"] | None = None
    """Where training computes features of its crops, from the recordings: `reader`, in the reading
    processes; `device`, where the network is. null reads what stage 3 has stored."""
    cmn_context: bool = True
    """Whether the sliding mean of a crop sees the frames around it, as in the whole utterance.
    false is the mean of the crop alone, for which less has to be read and computed."""
    online_augment: OnlineAugmentConfig | None = None
    """Noises and rooms for each crop of waveforms, or of features that are computed online."""
    cache_mib: int = Field(default=512, ge=0, le=1 << 20)
    """Memory, in MiB, for decoded noises and rooms, which all readers of a machine share. A quarter
    more, divided among the readers of a process, holds those of copies' entries."""
    num_workers: int = Field(default=2, ge=0, le=1024)
    """Reading processes of each training process; 0 reads in the training process."""
    prefetch_batches: int = Field(default=4, ge=1)
    """Micro-batches that are read ahead."""
    max_open_arks: int = Field(default=512, ge=1)
    """Archives that each reading process keeps open."""
