"""Join the parts that feature jobs wrote into feats.scp, utt2num_frames, utt2dur, frame_shift."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import failed_share, run
from speakernet.kaldi.tables import check_order
from speakernet.prepare.feature_jobs import FEATURE_TYPES
from speakernet.prepare.feature_tables import collect_features
from speakernet.work.shares import job_paths


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and join the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max-failed-share", type=failed_share, default=0.05)
    parser.add_argument("--config", type=Path, help="Kaldi config file (default: its defaults)")
    parser.add_argument("type", choices=FEATURE_TYPES)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("prefix", help="path of the parts, with JOB in place of the number")
    parser.add_argument("num_jobs", type=int)
    args = parser.parse_args(argv)
    options = FEATURE_TYPES[args.type]
    settings = options.from_file(args.config) if args.config else options()
    table = "segments" if (args.data_dir / "segments").exists() else "wav.scp"
    collect_features(
        args.data_dir,
        job_paths(args.prefix, args.num_jobs),
        num_utterances=check_order(args.data_dir / table),
        max_failed_share=args.max_failed_share,
        frame_shift_s=settings.frame_shift / 1000,
    )
    return 0


if __name__ == "__main__":
    run(main)
