"""Turn scores into log-likelihood ratios.

Maps are trained on trials of other speakers, TRAIN/trials with TRAIN/trials.<kind>, and applied to
SCORES/<list>.<kind> of every list, which become SCORES/<list>.<kind>_calibrated. The map itself is
in SCORES/<kind>_calibrated.json. Quality tables have lines "utt number" (utt2num_frames, utt2norm,
utt2cohort_mean).
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import prior, truth

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("train", type=Path, help="folder with trials of other speakers and their scores")
    add("trials", type=Path, nargs="+", help="trial lists")
    add("scores", type=Path, help="folder with the scores of the lists")
    add("--kinds", nargs="+", default=["cosine", "asnorm"], metavar="KIND",
        help="of scores (default: cosine asnorm)")  # fmt: skip
    add("--fuse", type=truth, default=False, help="all kinds in one map (default: false)")
    add("--train-quality-tables", type=Path, nargs="+", default=[],
        help="of the training's utterances")  # fmt: skip
    add("--quality-tables", type=Path, nargs="+", default=[],
        help="the same of the lists' utterances, in the same order")  # fmt: skip
    add("--train-utt2spk", type=Path, help="of the training, to compare speakers, not utterances")
    add("--utt2spk", type=Path, help="speakers of the trials, who may not be in the training")
    add("--p-target", type=prior, default=0.05, help="prior to train at (default: 0.05)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Train each map, apply it to every list, write the scores and the map."""
    args = make_parser().parse_args(argv)
    from speakernet.backend.calibrate_lists import CalibrationFiles, calibrate_lists

    files = CalibrationFiles(
        train=args.train,
        trials=args.trials,
        scores=args.scores,
        train_quality=args.train_quality_tables,
        quality=args.quality_tables,
        train_utt2spk=args.train_utt2spk,
        utt2spk=args.utt2spk,
    )
    calibrate_lists(files, args.kinds, fuse=args.fuse, p_target=args.p_target)
    return 0


if __name__ == "__main__":
    run(main)
