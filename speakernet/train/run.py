"""One process of a training run: from a data directory to the last checkpoint."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from speakernet.data.loader import Layout, die_with_parent, readers_end_here
from speakernet.train.corpus import NoiseSources, open_corpus
from speakernet.train.distributed import World, barrier, join, leave
from speakernet.train.plan import TrainingRecipe
from speakernet.train.setup import build_objective, prepare_device
from speakernet.train.stopping import REQUEUE_MARK, StopRequest
from speakernet.train.trainer import Trainer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunFiles:
    """What a run reads, and the experiment's directory that it writes to.

    init: a checkpoint or an experiment to start from; noises: for ``data.online_augment``.
    """

    data_dir: Path
    exp_dir: Path
    init: Path | None = None
    noises: NoiseSources | None = None


def run_training(
    recipe: TrainingRecipe, recipe_text: str, files: RunFiles, stop: StopRequest
) -> bool:
    """Train, from the newest checkpoint if there is one; return whether the run is finished.

    It is not where ``stop`` asked to leave: all is saved, and the experiment has ``REQUEUE_MARK``.
    ``recipe_text`` goes into every checkpoint.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ:
        die_with_parent()  # a killed torchrun leaves nothing running
    world = join(recipe.train.num_threads)
    if not world.is_main:
        logging.getLogger().setLevel(logging.WARNING)
    prepare_device(recipe, world)
    trainer = _build(recipe, recipe_text, files, world, stop)
    with readers_end_here():
        trainer.begin(files.init)
        finished = trainer.run()
    if not finished and world.is_main:
        logger.warning("stopped by %s after saving; the same command continues", stop.signal)
    # Each machine's train.sh finds the mark of its own processes.
    if not finished and world.local_rank == 0:
        (files.exp_dir / REQUEUE_MARK).touch()
    barrier(world)  # a process that ends while others are at work looks like one that failed
    leave()
    return finished


def _build(
    recipe: TrainingRecipe, recipe_text: str, files: RunFiles, world: World, stop: StopRequest
) -> Trainer:
    corpus = open_corpus(files.data_dir, recipe, files.noises)
    objective = build_objective(recipe, corpus)
    train = recipe.train
    layout = Layout(train.batch_size, train.accumulate, world.size, world.rank)
    return Trainer(recipe, recipe_text, objective, corpus, layout, files.exp_dir, world, stop)
