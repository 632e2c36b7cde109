"""Training data of a run: utterances, training/validation split, crops of features or waveforms."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from torch import nn

from speakernet.config.errors import UserError, naming
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import UtteranceIndex, read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatchDataset, RandomCropReader
from speakernet.data.orders import Order, Stream, build_order
from speakernet.train.plan import TrainingRecipe
from speakernet.train.validation import CentreCropReader, Split, split_speakers

if TYPE_CHECKING:
    from speakernet.audio.shared_cache import SharedCache
    from speakernet.data.online_augment import OnlineAugment

    Augment = Callable[[int], OnlineAugment]


class CropReader(RandomCropReader, CentreCropReader, Protocol):
    """Protocol for reading training and validation crops; ``input_dim``: feature dimension.

    front_end: what makes features of the batches on the device; None if these are inputs already.
    """

    input_dim: int

    @property
    def front_end(self) -> nn.Module | None: ...


@dataclass(frozen=True)
class Corpus:
    """The utterances of a data dir, their training/validation split, and a reader of crops.

    cache: of decoded noises and rooms, None if there are none.
    """

    data_dir: Path
    utterances: UtteranceIndex
    split: Split
    crops: CropReader
    cache: "SharedCache | None" = None


@dataclass(frozen=True)
class AugmentationSources:
    """Inputs of online augmentation: prefix of MUSAN's data dirs, folder of impulse responses."""

    musan: Path
    rirs: Path


@dataclass(frozen=True)
class RecordingOptions:
    """How recordings are read while training.

    features_config: Kaldi's configuration of the features that are computed of them.
    max_failed_share: of the recordings, how many may be unreadable.
    """

    features_config: Path | None = None
    max_failed_share: float = 0.0


def open_corpus(
    data_dir: Path,
    recipe: TrainingRecipe,
    sources: AugmentationSources | None = None,
    recordings: RecordingOptions = RecordingOptions(),
    shared: "SharedCache | None" = None,
) -> Corpus:
    """Open a data dir for training on features or waveforms, as the recipe says.

    ``shared``: a cache of decoded noises and rooms. Raises UserError if a table is missing or
    malformed, or too few speakers can be held out.
    """
    utterances = read_utterance_index(data_dir)
    train = recipe.train
    with naming(data_dir):
        split = split_speakers(
            utterances, recipe.seed, train.num_valid_speakers, train.num_valid_utterances
        )
    augment = _open_augment(recipe, sources, shared)
    crops = _open_crops(data_dir, utterances, recipe, augment, recordings)
    return Corpus(data_dir, utterances, split, crops, shared)


def training_order(
    corpus: Corpus, recipe: TrainingRecipe, group: int, layout: BatchLayout
) -> Order:
    """Return the sampling order; ``group``: utterances of a speaker next to each other."""
    return build_order(
        recipe.data.order,
        corpus.split.labels,
        recipe.seed,
        group=group,
        global_batch=layout.global_batch,
    )


def micro_batch_dataset(
    corpus: Corpus, order: Order, layout: BatchLayout, seed: int
) -> MicroBatchDataset:
    """Return the micro-batches of this process."""
    split = corpus.split
    return MicroBatchDataset(corpus.crops, split.rows, split.labels, Stream(order), layout, seed)


def _open_augment(
    recipe: TrainingRecipe, sources: AugmentationSources | None, shared: "SharedCache | None"
) -> "Augment | None":
    """Return what makes the augmentation of crops at a sample rate; None without it."""
    settings = recipe.data.online_augment
    if settings is None:
        return None
    if sources is None:
        raise UserError("data.online_augment needs the options --musan and --rirs")
    # Imported here, as training on stored features does not need SciPy and the audio libraries.
    from speakernet.data.online_augment import OnlineAugment

    return partial(OnlineAugment, settings, sources.musan, sources.rirs, shared=shared)


def _open_crops(
    data_dir: Path,
    utterances: UtteranceIndex,
    recipe: TrainingRecipe,
    augment: "Augment | None",
    recordings: RecordingOptions,
) -> CropReader:
    data = recipe.data
    if not recipe.uses_waveform and data.online_features is None:
        return FeatureCrops(data_dir, utterances, data)
    from speakernet.data.recording_crops import RecordingCrops
    from speakernet.data.waveform_crops import SAMPLE_RATE, WaveformCrops
    from speakernet.signal.extractors import read_feature_options

    share = recordings.max_failed_share
    if recipe.uses_waveform:
        return WaveformCrops(data_dir, utterances, data, augment and augment(SAMPLE_RATE), share)
    if recordings.features_config is None:
        raise UserError("data.online_features needs the option --features-config")
    options = read_feature_options(recordings.features_config)
    at_rate = augment and augment(int(options.sample_frequency))
    return RecordingCrops(data_dir, utterances, data, options, recipe.stored_seed, at_rate, share)
