"""Write a folder's recipes with all their values into an exp directory.

recipe.yaml becomes ``<exp>/recipe.yaml``, lm.yaml (if there is one) ``<exp>/lm/recipe.yaml``.
Beside each is a folder ``settings``. ``{training,extraction,scoring}.settings`` have one
``key: value`` a line: what each stage's product depends on. ``stages`` is one line, which run.sh
and check_inputs.py read: ``StageValues``, with ``|`` between them.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program

REPOSITORY = Path(__file__).parents[2]


@program("recipes")
@argument("folder", Path, "egs/<corpus>/<recipe>")
@argument("exp_dir", Path, "where the models are or will be")
def main(args: Namespace) -> int:
    """Resolve recipes; one that no longer fits a trained model is an error."""
    from speakernet.recipe.resolving import resolve

    resolve(args.folder, args.exp_dir, REPOSITORY)
    return 0


if __name__ == "__main__":
    run(main)
