"""Fuse systems by logistic regression on their scores of calibration trials.

Each of SYSTEMS is a folder of scores that a recipe with scoring.calibration has led to, with the
same calibration trials in SYSTEM/calibration. The fused log-likelihood ratios are
OUTPUT/<list>.fused_calibrated or, with measures of quality, OUTPUT/<list>.fused_qmf.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.calibration import CALIBRATION
from speakernet.bin.options.program import argument, arguments, program
from speakernet.config.errors import UserError


@program("recipes")
@argument("output", Path, "folder of the fused scores")
@argument("systems", Path, "folders of scores", nargs="+")
@argument("--trials", Path, "list of trials", action="append", required=True)
@argument(
    "--kinds",
    str,
    "kind of scores of each system, or one for all",
    nargs="+",
    default=["asnorm"],
    metavar="KIND",
)
@argument(
    "--qualities",
    str,
    "measures of quality, by the first system's tables",
    nargs="+",
    choices=("duration", "norm", "cohort_mean"),
    metavar="NAME",
    default=(),
)
@arguments(*CALIBRATION)
def main(args: Namespace) -> int:
    """Train the map, apply it to every list, write the scores and the map."""
    from speakernet.backend.calibrate_lists import FOLDER, CalibrationFiles, fuse_systems
    from speakernet.backend.quality import TABLES

    if len(args.kinds) not in (1, len(args.systems)):
        raise UserError(
            f"--kinds: found {len(args.kinds)}; expected one, or one for each of the "
            f"{len(args.systems)} systems"
        )
    kinds = args.kinds * (len(args.systems) if len(args.kinds) == 1 else 1)
    first = args.systems[0]
    files = CalibrationFiles(
        first / FOLDER,
        args.trials,
        args.output,
        [first / FOLDER / TABLES[quality] for quality in args.qualities],
        [first / TABLES[quality] for quality in args.qualities],
        args.train_utt2spk,
        args.utt2spk,
    )
    fuse_systems(files, args.systems, kinds, p_target=args.p_target)
    return 0


if __name__ == "__main__":
    run(main)
