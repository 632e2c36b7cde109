"""Score trial lists, and normalise the scores by a cohort.

For each of TRIALS writes OUTPUT/<list>.<similarity> (cosine, or what the recipe says) and, with a
cohort and scoring.normalization in the recipe, OUTPUT/<list>.<normalization>. With scoring.plda
also OUTPUT/<list>.plda, trained on the cohort's utterances. OUTPUT/utt2norm and (with a cohort)
OUTPUT/utt2cohort_mean are measures of quality for calibration. Lists share the work on the cohort.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("model_dir", type=Path, help="has recipe.yaml")
    add("trials", type=Path, nargs="+", help="trial lists")
    add("embeddings", type=Path, help="of the trials: folder, .scp or .ark")
    add("output", type=Path, help="folder of the score files")
    add("--enroll-spk2utt", type=Path, help="enrolment ids are models with these utterances")
    add("--cohort-embeddings", type=Path, metavar="DIR", help="to normalise with")
    add("--cohort-utt2spk", type=Path, help="which of them, and their speakers")
    add("--utt2spk", type=Path,
        help="speakers of the trials; each is left out of the own utterances' cohort")  # fmt: skip
    add("--checkpoint", type=Path,
        help="for the cohort of class weights (default: the model's newest)")  # fmt: skip
    add("--set", action="append", default=[], metavar="KEY=VALUE",
        help="another value of the recipe, like scoring.top_n=300; may be repeated")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Score every trial list."""
    args = make_parser().parse_args(argv)
    from speakernet.backend.class_weights import load_class_weights
    from speakernet.backend.score_lists import ScoringFiles, score_lists
    from speakernet.config import load_config
    from speakernet.recipe import Recipe

    recipe = load_config(Recipe, args.model_dir / "recipe.yaml", args.set)
    weights = None
    if recipe.scoring.needs_class_weights:
        weights = load_class_weights(args.model_dir, recipe.loss, args.checkpoint)
    files = ScoringFiles(
        embeddings=args.embeddings,
        trials=args.trials,
        output=args.output,
        cohort_embeddings=args.cohort_embeddings,
        cohort_utt2spk=args.cohort_utt2spk,
        utt2spk=args.utt2spk,
        enroll_spk2utt=args.enroll_spk2utt,
    )
    score_lists(recipe.scoring, files, weights)
    return 0


if __name__ == "__main__":
    run(main)
