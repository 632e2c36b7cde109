"""Score trial lists, and normalise the scores by a cohort.

For each of TRIALS writes OUTPUT/<list>.<similarity> (cosine, or what the recipe says) and, with a
cohort and scoring.normalization in the recipe, OUTPUT/<list>.<normalization>. With scoring.plda
also OUTPUT/<list>.plda. With scoring.calibration also OUTPUT/<list>.<kind>_calibrated and, with
measures of quality, OUTPUT/<list>.<kind>_qmf; the trials that these are trained on, and their
scores, are in OUTPUT/calibration. OUTPUT/utt2norm, utt2num_frames and (with a cohort)
utt2cohort_mean are those measures. Lists share the work on the cohort.
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
@argument("--plda-embeddings", Path, "what PLDA is trained on (default: the cohort)", metavar="DIR")
@argument("--plda-utt2spk", Path, "utterances of the PLDA set and their speakers")
@argument(
    "--calibration-embeddings",
    Path,
    "of the set that trials for calibration are drawn from (default: the cohort)",
    metavar="DIR",
)
@argument("--calibration-utt2spk", Path, "utterances of the calibration set and their speakers")
@argument("--calibration-utt2session", Path, "targets are drawn from two sessions of a speaker")
@argument("--checkpoint", Path, "weights for a cohort of classes (default: the model's newest)")
@arguments(SETTINGS)
def main(args: Namespace) -> int:
    """Score every trial list."""
    from speakernet.backend.class_weights import load_class_weights
    from speakernet.backend.score_lists import score_lists
    from speakernet.backend.scoring_files import ScoringFiles
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
