"""Write a folder's recipes with all their values into an exp directory.

recipe.yaml becomes ``<exp>/recipe.yaml``, lm.yaml (if there is one) ``<exp>/lm/recipe.yaml``.
Beside each is a folder ``settings``. ``{training,extraction,scoring}.settings`` have one
``key: value`` a line: what each stage's product depends on. ``stages`` is one line, which run.sh
reads: the values of ``stage_values``, with ``|`` between them.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "recipes"

REPOSITORY = Path(__file__).parents[2]


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    parser.add_argument("folder", type=Path, help="egs/<corpus>/<recipe>")
    parser.add_argument("exp_dir", type=Path, help="where the models are or will be")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Resolve recipes; one that no longer fits a trained model is an error."""
    args = make_parser().parse_args(argv)
    from speakernet.recipe.resolving import resolve

    resolve(args.folder, args.exp_dir, REPOSITORY)
    return 0


if __name__ == "__main__":
    run(main)
