"""Score trial lists, and normalise the scores by a cohort.

For each of TRIALS writes OUTPUT/<list>.<similarity> (cosine, or what the recipe says) and, with a
cohort and scoring.normalization in the recipe, OUTPUT/<list>.<normalization>. With scoring.plda
also OUTPUT/<list>.plda, trained on the cohort's utterances. OUTPUT/utt2norm and (with a cohort)
OUTPUT/utt2cohort_mean are measures of quality for calibration. Lists share the work on the cohort.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.recipe import SETTINGS


@program("recipes")
@argument("model_dir", Path, "has recipe.yaml")
@argument("trials", Path, "trial lists", nargs="+")
@argument("embeddings", Path, "embeddings of the trials: folder, .scp or .ark")
@argument("output", Path, "folder of the score files")
@argument("--enroll-spk2utt", Path, "enrolment ids are models with these utterances")
@argument(
    "--cohort-embeddings", Path, "embeddings of the cohort, for score normalisation", metavar="DIR"
)
@argument("--cohort-utt2spk", Path, "utterances of the cohort and their speakers")
@argument("--utt2spk", Path, "speakers of the trials, to be left out of their own cohort")
@argument("--checkpoint", Path, "weights for a cohort of classes (default: the model's newest)")
@arguments(SETTINGS)
def main(args: Namespace) -> int:
    """Score every trial list."""
    from speakernet.backend.class_weights import load_class_weights
    from speakernet.backend.score_lists import ScoringFiles, score_lists
    from speakernet.config import load_config
    from speakernet.recipe import Recipe

    recipe = load_config(Recipe, args.model_dir / "recipe.yaml", args.set)
    weights = None
    if recipe.scoring.needs_class_weights:
        weights = load_class_weights(args.model_dir, recipe.loss, args.checkpoint)
    score_lists(recipe.scoring, options_from(ScoringFiles, args), weights)
    return 0


if __name__ == "__main__":
    run(main)
