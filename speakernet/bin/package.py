"""Package a trained model for use: weights, front end, cohort, calibration.

MODEL_DIR gets model.json, weights.safetensors, cohort.safetensors (where scores are normalised),
recipe.yaml and README.md, the model card. Loading it (speakernet verify, speakernet.load_model)
needs no other file and runs no code from it.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, options_from, program

logger = logging.getLogger(__name__)


@program("users")
@argument("exp_dir", Path, "exp/<corpus>/<recipe> or its lm; has recipe.yaml and checkpoints/")
@argument("model_dir", Path, "folder of the package; it is new, or was a package before")
@argument("--checkpoint", Path, "weights (default: the experiment's newest)")
@argument(
    "--cohort-embeddings",
    Path,
    "of score normalisation and calibration (default: those of EXP_DIR/scores)",
    metavar="DIR",
)
@argument("--cohort-utt2spk", Path, "utterances of the cohort and their speakers")
@argument("--features-config", Path, "of the features (default: conf/<features>.conf)")
@argument("--licences", Path, "text for the model card: the licences of the training data")
def main(args: Namespace) -> int:
    """Write the package."""
    from speakernet.config.files import read_text
    from speakernet.model.card import CardNotes
    from speakernet.model.package import write_package
    from speakernet.model.packaging import PackageSources, make_package
    from speakernet.report.experiment import results_of_model
    from speakernet.report.provenance import source_commit
    from speakernet.report.tables import results_table

    name, rows = results_of_model(args.exp_dir)
    table = results_table(rows, [], with_recipe=False) if rows else ()
    licences = read_text(args.licences) if args.licences else ""
    notes = CardNotes(source_commit(), table, licences)
    package = make_package(options_from(PackageSources, args), name, notes)
    write_package(args.model_dir, package)
    found = package.description
    logger.info(
        "%s: %s, %d values, cohort of %d, %s",
        args.model_dir, found.network.name, found.embedding_dim, found.cohort_size,
        "calibrated" if found.calibration else "without calibration",
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    run(main)
