"""Turn scores into log-likelihood ratios.

Maps are trained on trials of other speakers, TRAIN/trials with TRAIN/trials.<kind>, and applied to
SCORES/<list>.<kind> of every list, which become SCORES/<list>.<kind>_calibrated. The map itself is
in SCORES/<kind>_calibrated.json. Quality tables have lines "utt number" (utt2num_frames, utt2norm,
utt2cohort_mean); with them the kinds are called <kind>_qmf.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.calibration import CALIBRATION
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.types import truth


@program("recipes")
@argument("train", Path, "folder with trials of other speakers and their scores")
@argument("trials", Path, "trial lists", nargs="+")
@argument("scores", Path, "folder with the scores of the lists")
@argument(
    "--kinds", str, "kinds of scores", nargs="+", default=["cosine", "asnorm"], metavar="KIND"
)
@argument("--fuse", truth, "all kinds in one map", default="false")
@argument(
    "--train-quality-tables",
    Path,
    "quality tables of the training utterances",
    nargs="+",
    default=(),
)
@argument(
    "--quality-tables",
    Path,
    "the same tables of the trial lists' utterances",
    nargs="+",
    default=(),
)
@arguments(*CALIBRATION)
def main(args: Namespace) -> int:
    """Train each map, apply it to every list, write the scores and the map."""
    from speakernet.backend.calibrate_lists import CalibrationFiles, calibrate_lists

    files = options_from(CalibrationFiles, args)
    calibrate_lists(files, args.kinds, fuse=args.fuse, p_target=args.p_target)
    return 0


if __name__ == "__main__":
    run(main)
