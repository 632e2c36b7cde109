"""Look for what would stop a recipe after hours, before and after stage 1.

Of --tasks, "corpus" is that a corpus which is not prepared yet lacks nothing, and that disks have
room for what is made of it, by its own --estimate; "sources" that noises and rooms are there and
can be read; "sets" that all trials are of the test set, what wav.scp calls is installed, and the
disk has room for the features. What the recipe does not use is not looked at.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.inputs import INPUTS
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.config.errors import UserError


@program("recipes")
@arguments(*INPUTS)
@argument("--tasks", str, "some of corpus, sources, sets", default="sources,sets", metavar="WORDS")
@argument("exp_dir", Path, "has settings/stages, and that of fine-tuning in lm/")
@argument("data", Path, "folder of the sets")
def main(args: Namespace) -> int:
    """Check what the recipes of an experiment are going to read."""
    from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate
    from speakernet.prepare.recipe_inputs import RecipeInputs, read_recipes

    tasks = args.tasks.split(",")
    if unknown := set(tasks) - {"corpus", "sources", "sets"}:
        raise UserError(f"--tasks: found '{unknown.pop()}'; expected some of corpus, sources, sets")
    recipes = read_recipes(args.exp_dir)
    estimate = read_estimate(args.estimate) if args.estimate else CorpusEstimate()
    inputs = options_from(RecipeInputs, args, recipes=recipes, estimate=estimate)
    if "corpus" in tasks:
        inputs.check_corpus()
    if "sources" in tasks:
        for check in inputs.source_checks():
            check()
    if "sets" in tasks:
        for check in (*inputs.set_checks(), inputs.check_room):
            check()
    return 0


if __name__ == "__main__":
    run(main)
