"""Train a network: one process of torchrun's, or the only one.

Continues from the newest checkpoint in the experiment's directory if there is one. Leaves with
exit code 99 after saving when SIGTERM or SIGUSR1 asks it to: start the same command again.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.config.errors import UserError

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--init", type=Path, metavar="PATH", help="start from this checkpoint or experiment")
    add("--musan", type=Path, metavar="PREFIX", help="of the noises for online augmentation")
    add("--rirs", type=Path, metavar="DIR", help="rooms for online augmentation")
    add("recipe", type=Path, help="recipe.yaml")
    add("data_dir", type=Path, help="has utt2spk, and feats.scp or wav.scp")
    add("exp_dir", type=Path, help="the experiment: checkpoints/, train.jsonl, tensorboard/")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the arguments say; return the exit status."""
    args = make_parser().parse_args(argv)
    if (args.musan is None) != (args.rirs is None):
        raise UserError("--musan and --rirs go together")
    from speakernet.train.stopping import REQUEUE_EXIT_CODE, StopRequest

    stop = StopRequest()  # before torch and the tables, which may take half a minute to read
    from speakernet.config import dump_config, load_config
    from speakernet.recipe import Recipe
    from speakernet.train.corpus import AugmentationSources
    from speakernet.train.run import RunFiles, run_training

    recipe = load_config(Recipe, args.recipe)
    augmentation = AugmentationSources(args.musan, args.rirs) if args.musan else None
    files = RunFiles(args.data_dir, args.exp_dir, args.init, augmentation)
    finished = run_training(recipe, dump_config(recipe), files, stop)
    return 0 if finished else REQUEUE_EXIT_CODE


if __name__ == "__main__":
    run(main)
