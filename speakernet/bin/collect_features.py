"""Join the features that jobs computed: feats.scp, utt2num_frames, utt2dur."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int, share

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--max-failed-share", type=share, default=0.05,
        help="fail if more utterances than this could not be read (default: 0.05)")  # fmt: skip
    add("--config", type=Path, help="Kaldi config file (default: its defaults)")
    add("type", choices=("fbank", "mfcc"), help="what the jobs computed")
    add("data_dir", type=Path, help="data dir that gets the tables")
    add("prefix", help="path of the parts, with JOB in place of the number")
    add("nj", type=positive_int, help="number of jobs")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and join the parts."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.tables import check_order
    from speakernet.prepare.feature_jobs import FEATURE_TYPES
    from speakernet.prepare.feature_tables import collect_features
    from speakernet.work.job_parts import job_paths

    options = FEATURE_TYPES[args.type]
    settings = options.from_file(args.config) if args.config else options()
    table = "segments" if (args.data_dir / "segments").exists() else "wav.scp"
    collect_features(
        args.data_dir,
        job_paths(args.prefix, args.nj),
        num_utterances=check_order(args.data_dir / table),
        max_failed_share=args.max_failed_share,
        frame_shift_s=settings.frame_shift / 1000,
    )
    return 0


if __name__ == "__main__":
    run(main)
