"""Training data of a run: utterances, training/validation split, crops of features or waveforms."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from speakernet.config.errors import UserError, naming
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import UtteranceIndex, read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatchDataset, RandomCropReader
from speakernet.data.orders import Order, Stream, build_order
from speakernet.train.plan import TrainingRecipe
from speakernet.train.validation import CentreCropReader, Split, split_speakers

if TYPE_CHECKING:
    from speakernet.data.online_augment import OnlineAugment


class CropReader(RandomCropReader, CentreCropReader, Protocol):
    """Protocol for reading training and validation crops; ``input_dim``: feature dimension."""

    input_dim: int


@dataclass(frozen=True)
class Corpus:
    """The utterances of a data dir, their training/validation split, and a reader of crops."""

    utterances: UtteranceIndex
    split: Split
    crops: CropReader


@dataclass(frozen=True)
class AugmentationSources:
    """Inputs of online augmentation: prefix of MUSAN's data dirs, folder of impulse responses."""

    musan: Path
    rirs: Path


def open_corpus(
    data_dir: Path,
    recipe: TrainingRecipe,
    sources: AugmentationSources | None = None,
    features_config: Path | None = None,
) -> Corpus:
    """Open a data dir for training on features or waveforms, as the recipe says.

    ``features_config``: Kaldi's configuration of features that are computed while training.

    Raises UserError if a table is missing or malformed, or too few speakers can be held out.
    """
    utterances = read_utterance_index(data_dir)
    train = recipe.train
    with naming(data_dir):
        split = split_speakers(
            utterances, recipe.seed, train.num_valid_speakers, train.num_valid_utterances
        )
    return Corpus(
        utterances, split, _open_crops(data_dir, utterances, recipe, sources, features_config)
    )


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


def _open_crops(
    data_dir: Path,
    utterances: UtteranceIndex,
    recipe: TrainingRecipe,
    sources: AugmentationSources | None,
    features_config: Path | None,
) -> CropReader:
    data = recipe.data
    if not recipe.uses_waveform and data.online_features is None:
        return FeatureCrops(data_dir, utterances, data)
    # Imported here, as training on stored features does not need SciPy and the audio libraries.
    from speakernet.data.recording_crops import RecordingCrops
    from speakernet.data.waveform_crops import SAMPLE_RATE, WaveformCrops
    from speakernet.signal.extractors import read_feature_options

    if recipe.uses_waveform:
        augment = _open_augment(recipe, sources, SAMPLE_RATE)
        return WaveformCrops(data_dir, utterances, data, augment)
    if features_config is None:
        raise UserError("data.online_features needs the option --features-config")
    options = read_feature_options(features_config)
    augment = _open_augment(recipe, sources, int(options.sample_frequency))
    return RecordingCrops(data_dir, utterances, data, options, recipe.seed, augment)


def _open_augment(
    recipe: TrainingRecipe, sources: AugmentationSources | None, sample_rate: int
) -> "OnlineAugment | None":
    from speakernet.data.online_augment import OnlineAugment

    settings = recipe.data.online_augment
    if settings is None or sources is None:
        return None
    return OnlineAugment(settings, sources.musan, sources.rirs, sample_rate)
