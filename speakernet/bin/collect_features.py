"""Join the features that jobs computed: feats.scp, utt2num_frames, utt2dur."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import jobs, share


@program("recipes")
@argument("--max-failed-share", share, "share of utterances that may be unreadable", default=0.05)
@argument("--config", Path, "Kaldi config file (default: its defaults)")
@argument("--nj", jobs, "number of jobs", default=1)
@argument("type", str, "type of the features", choices=("fbank", "mfcc"))
@argument("data_dir", Path, "data dir that gets the tables")
@argument("prefix", Path, "path of the parts, with JOB in place of the number")
def main(args: Namespace) -> int:
    """Parse the command line and join the parts."""
    from speakernet.config.files import is_given
    from speakernet.kaldi.tables import check_order
    from speakernet.prepare.feature_tables import collect_features
    from speakernet.signal.extractors import FEATURE_TYPES
    from speakernet.work.job_parts import job_paths

    options = FEATURE_TYPES[args.type]
    settings = options.from_file(args.config) if args.config else options()
    table = "segments" if is_given(args.data_dir / "segments") else "wav.scp"
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
