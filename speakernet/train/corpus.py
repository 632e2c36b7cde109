"""From a data directory to batches and validation crops, for features and for waveforms."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from speakernet.arrays import UInt64
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import Speakers, read_speakers
from speakernet.data.loader import CropBatches, Layout
from speakernet.data.orders import Order, Stream, build_order
from speakernet.train.plan import TrainingRecipe
from speakernet.train.validation import Split, split_speakers


class Crops(Protocol):
    """Crops of a data directory's utterances, by row."""

    input_dim: int

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None: ...

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor: ...

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor: ...


@dataclass(frozen=True)
class Corpus:
    """A data directory as training sees it."""

    speakers: Speakers
    split: Split
    crops: Crops


@dataclass(frozen=True)
class NoiseSources:
    """What online augmentation draws from: MUSAN data directories' prefix, a folder of rooms."""

    musan: Path
    rirs: Path


def open_corpus(
    data_dir: Path, recipe: TrainingRecipe, noises: NoiseSources | None = None
) -> Corpus:
    """Open ``data_dir`` for the kind of input that the recipe names."""
    speakers = read_speakers(data_dir)
    train = recipe.train
    split = split_speakers(
        speakers, recipe.seed, train.num_valid_speakers, train.num_valid_utterances
    )
    return Corpus(speakers, split, _open_crops(data_dir, speakers, recipe, noises))


def order_of(corpus: Corpus, recipe: TrainingRecipe, group: int, layout: Layout) -> Order:
    """Return the order of training; ``group``: utterances of a speaker that stay together."""
    return build_order(
        recipe.data.order,
        corpus.split.labels,
        recipe.seed,
        group=group,
        global_batch=layout.global_batch,
    )


def batches_of(corpus: Corpus, order: Order, layout: Layout, seed: int) -> CropBatches:
    """Return this process's micro-batches."""
    split = corpus.split
    return CropBatches(corpus.crops, split.rows, split.labels, Stream(order), layout, seed)


def _open_crops(
    data_dir: Path, speakers: Speakers, recipe: TrainingRecipe, noises: NoiseSources | None
) -> Crops:
    if not recipe.uses_waveform:
        return FeatureCrops(data_dir, speakers, recipe.data)
    # Features need none of what audio needs (SciPy among it).
    from speakernet.data.online_augment import OnlineAugment
    from speakernet.data.waveform_crops import SAMPLE_RATE, WaveformCrops

    settings, augment = recipe.data.online_augment, None
    if settings is not None and noises is not None:
        augment = OnlineAugment(settings, noises.musan, noises.rirs, SAMPLE_RATE)
    return WaveformCrops(data_dir, speakers, recipe.data, augment)
