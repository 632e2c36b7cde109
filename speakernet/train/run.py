"""The whole training run of one process: from the data dir to the final checkpoint."""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

from speakernet.audio.shared_cache import SharedCache
from speakernet.data.loader import BatchLayout, die_with_parent, kill_workers_on_error
from speakernet.train.corpus import (
    AugmentationSources,
    RecordingOptions,
    micro_batch_dataset,
    open_corpus,
    training_order,
)
from speakernet.train.distributed import (
    World,
    barrier,
    gather_objects,
    init_distributed,
    shut_down_distributed,
)
from speakernet.train.plan import TrainingRecipe, make_plan
from speakernet.train.setup import build_objective, prepare_device
from speakernet.train.state import RunState
from speakernet.train.stopping import REQUEUE_FILE, StopRequest
from speakernet.train.trainer import Trainer
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFiles:
    """The inputs of a run, and the experiment's directory for its outputs.

    init: a checkpoint or experiment whose weights to start from. augmentation: for
    ``data.online_augment``. recordings: for training that reads recordings.
    """

    data_dir: Path
    exp_dir: Path
    init: Path | None = None
    augmentation: AugmentationSources | None = None
    recordings: RecordingOptions = field(default_factory=RecordingOptions)


def run_training(
    recipe: TrainingRecipe, recipe_text: str, files: RunFiles, stop: StopRequest
) -> bool:
    """Train, resuming from the newest checkpoint if there is one; return whether it is finished.

    If ``stop`` was requested before the end, saves a checkpoint and writes ``REQUEUE_FILE``.
    ``recipe_text``: the resolved recipe as YAML, which checkpoints contain and which is written
    beside them. Raises UserError.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        die_with_parent()  # so that no process survives a killed torchrun
    world = init_distributed(recipe.train.num_threads)
    if not world.is_main:
        logging.getLogger().setLevel(logging.WARNING)
    prepare_device(recipe, world)
    trainer = _build(recipe, recipe_text, files, world, stop)
    with kill_workers_on_error():
        trainer.begin(files.init)
        if world.is_main:
            _write_recipe(files.exp_dir / "recipe.yaml", recipe_text)
        finished = trainer.run()
    if not finished and world.is_main:
        name = stop.signal.name if stop.signal else "another process"
        logger.warning("stopped by %s after saving; the same command resumes", name)
    # On every machine, as each one's train.sh looks for the file.
    if not finished and world.local_rank == 0:
        (files.exp_dir / REQUEUE_FILE).touch()
    barrier(world)  # torchrun stops all processes as soon as one ends with status 99
    shut_down_distributed()
    return finished


def _write_recipe(path: Path, text: str) -> None:
    """Keep beside the weights what they are trained with, unless run.sh has written it before."""
    if not path.is_file() or path.read_bytes() != text.encode():
        with open_for_replace(path) as file:
            file.write(text.encode())


def _build(
    recipe: TrainingRecipe, recipe_text: str, files: RunFiles, world: World, stop: StopRequest
) -> Trainer:
    shared = _shared_cache(recipe, world) if files.augmentation else None
    corpus = open_corpus(files.data_dir, recipe, files.augmentation, files.recordings, shared)
    objective = build_objective(recipe, corpus)
    train = recipe.train
    layout = BatchLayout(train.batch_size, train.accumulate, world.size, world.rank)
    order = training_order(corpus, recipe, recipe.loss.group_size, layout)
    batches = micro_batch_dataset(corpus, order, layout, recipe.seed)
    plan = make_plan(recipe, layout.global_batch, order.epoch_length)
    state = RunState(recipe, recipe_text, objective, corpus, plan, world, batches.times)
    return Trainer(state, batches, files.exp_dir, stop)


def _shared_cache(recipe: TrainingRecipe, world: World) -> SharedCache:
    """Return the cache of decoded audio that all processes of this machine have."""
    own = None
    if world.local_rank == 0:
        own = SharedCache.create(recipe.data.cache_mib << 20)
    addresses = gather_objects("" if own is None else own.address, world)
    return SharedCache.attach(addresses[world.rank - world.local_rank]) if own is None else own
