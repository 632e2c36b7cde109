"""Micro-batches for the training step: random ones on the device, or read by the loader."""

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from benchmarks.step_ways import INPUT_DIM
from speakernet.config import configure
from speakernet.data.config import DataConfig
from speakernet.data.loader import BatchLayout, MicroBatch, iter_micro_batches
from speakernet.nn.losses import LOSSES
from speakernet.nn.models import MODELS
from speakernet.nn.models.base import InputKind
from speakernet.recipe import Recipe
from speakernet.train.corpus import micro_batch_dataset, open_corpus, training_order
from speakernet.train.distributed import World


def random_batch(kind: InputKind, args: argparse.Namespace) -> MicroBatch:
    """Return a micro-batch of noise, as features or as waveforms."""
    crops = torch.randn(args.batch_size, *_crop_shape(kind, args.num_frames))
    return MicroBatch(crops, torch.randint(args.num_classes, (args.batch_size,)))


def _crop_shape(kind: InputKind, num_frames: int) -> tuple[int, ...]:
    if kind == "features":
        return num_frames, INPUT_DIM
    # Reading audio needs SciPy, which a machine with a GPU may lack (see gpu.sh).
    from speakernet.data.waveform_crops import num_samples

    return (num_samples(num_frames),)


def random_batches(
    model: str, args: argparse.Namespace, world: World
) -> Callable[[], Iterator[MicroBatch]]:
    """Return a function that starts an endless turn of a few micro-batches."""
    kind = configure(MODELS, model).input_kind
    torch.manual_seed(world.rank)
    drawn = [random_batch(kind, args) for _ in range(8)]
    batches = [
        MicroBatch(cast(Tensor, inputs).to(world.device), labels.to(world.device))
        for inputs, labels in drawn
    ]
    return lambda: itertools.cycle(batches)


def loaded_batches(
    args: argparse.Namespace, world: World, stack: ExitStack
) -> Callable[[], Iterator[MicroBatch]]:
    """Return the package's loader over compressed arks of random matrices.

    ``args.loader`` processes read; the arks lie in a folder that ``stack`` removes.
    """
    from benchmarks.loader import make_data

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    make_data(folder, 1000, 100_000)
    recipe = Recipe(
        model=configure(MODELS, args.models[0]),
        loss=configure(LOSSES, "sc_cm"),
        data=DataConfig(num_workers=args.loader, num_frames=args.num_frames, prefetch_batches=64),
    )
    corpus = open_corpus(folder, recipe)
    layout = BatchLayout(args.batch_size, args.accumulate, world.size, world.rank)
    order = training_order(corpus, recipe, 1, layout)
    batches = micro_batch_dataset(corpus, order, layout, recipe.seed)
    pin = world.device.type == "cuda"
    return lambda: iter_micro_batches(batches, range(1_000_000), recipe.data, pin_memory=pin)
