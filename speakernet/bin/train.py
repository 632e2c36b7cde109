"""Train a network: one process of torchrun's, or the only one.

Continues from the newest checkpoint in the experiment's directory if there is one. Leaves with
exit code 99 after saving when SIGTERM or SIGUSR1 asks it to: start the same command again.
"""

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError, dump_config, load_config
from speakernet.data.loader import BatchLayout, die_with_parent, kill_workers_on_error
from speakernet.recipe import Recipe
from speakernet.train.corpus import AugmentationSources, Corpus, open_corpus
from speakernet.train.distributed import World, barrier, init_distributed, shut_down_distributed
from speakernet.train.setup import build_objective, prepare_device
from speakernet.train.stopping import REQUEUE_EXIT_CODE, REQUEUE_FILE, StopRequest
from speakernet.train.trainer import Trainer

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the arguments say; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--init", type=Path, help="start from this checkpoint or experiment")
    parser.add_argument("--musan", type=Path, help="prefix of noises for online augmentation")
    parser.add_argument("--rirs", type=Path, help="folder of rooms for online augmentation")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("exp_dir", type=Path)
    arguments = parser.parse_args(argv)
    if (arguments.musan is None) != (arguments.rirs is None):
        raise UserError("--musan and --rirs go together")
    if "TORCHELASTIC_RUN_ID" in os.environ:
        die_with_parent()  # a killed torchrun leaves nothing running
    stop = StopRequest()  # before the tables, which may take half a minute to read
    recipe = load_config(Recipe, arguments.recipe)
    world = init_distributed(recipe.train.num_threads)
    if not world.is_main:
        logging.getLogger().setLevel(logging.WARNING)
    noises = AugmentationSources(arguments.musan, arguments.rirs) if arguments.musan else None
    prepare_device(recipe, world)
    corpus = open_corpus(arguments.data_dir, recipe, noises)
    trainer = _build(recipe, corpus, arguments.exp_dir, world, stop)
    with kill_workers_on_error():
        trainer.begin(arguments.init)
        finished = trainer.run()
    if not finished and world.is_main:
        logger.warning("stopped by %s after saving; the same command continues", stop.signal)
    # Each machine's train.sh finds the mark of its own processes.
    if not finished and world.local_rank == 0:
        (arguments.exp_dir / REQUEUE_FILE).touch()
    barrier(world)  # nobody's end is to be taken for a failure while the others are at work
    shut_down_distributed()
    return 0 if finished else REQUEUE_EXIT_CODE


def _build(
    recipe: Recipe, corpus: Corpus, exp_dir: Path, world: World, stop: StopRequest
) -> Trainer:
    objective = build_objective(recipe, corpus)
    train = recipe.train
    layout = BatchLayout(train.batch_size, train.accumulate, world.size, world.rank)
    return Trainer(recipe, dump_config(recipe), objective, corpus, layout, exp_dir, world, stop)


if __name__ == "__main__":
    run(main)
