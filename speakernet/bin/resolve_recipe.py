"""Write a folder's recipes with all their values into an exp directory.

recipe.yaml becomes ``<exp>/recipe.yaml``, lm.yaml (if there is one) ``<exp>/lm/recipe.yaml``.
Beside each is a folder ``settings``. ``{training,extraction,scoring}.settings`` have one
``key: value`` a line: what each stage's product depends on. ``stages`` is one line, which run.sh
and check_inputs.py read: ``StageValues``, with ``|`` between them.

With --set or --init the folder is another one beside <exp>, named after what is changed. Settings
that come after training, or after extraction, change neither the models nor the embeddings, which
then are those of other folders. Prints five lines: the experiment's folder, those of the trained
models base and lm, and those of the embeddings of base and lm.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.recipe import SETTINGS

REPOSITORY = Path(__file__).parents[2]


@program("recipes")
@arguments(SETTINGS)
@argument("--init", Path, "what training starts from", metavar="PATH")
@argument("--exp-name", str, "of the experiment's folder, instead of one after the changes")
@argument("--resolved", Path, "write here instead of beside exp_dir", metavar="DIR")
@argument("folder", Path, "egs/<corpus>/<recipe>")
@argument("exp_dir", Path, "where the models are or will be")
def main(args: Namespace) -> int:
    """Resolve recipes; one that no longer fits a trained model is an error."""
    from speakernet.recipe.resolving import Changes, resolve

    changes = Changes(args.set, args.init, args.exp_name)
    for path in resolve(args.folder, args.exp_dir, REPOSITORY, changes, args.resolved):
        print(path)
    return 0


if __name__ == "__main__":
    run(main)
