"""Draw trials from the utterances of known speakers, to train a calibration with."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.backend.trial_drawing import draw_trials
from speakernet.bin.cli import run
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import write_trials


def main(argv: Sequence[str] | None = None) -> int:
    """Write the trial list."""
    parser = argparse.ArgumentParser(prog="make-trials", description=__doc__)
    parser.add_argument("utt2spk", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--num-target", type=int, default=10_000)
    parser.add_argument("--num-nontarget", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--utt2session", type=Path, help="targets are drawn from two sessions of a speaker"
    )
    parser.add_argument(
        "--exclude", type=Path, metavar="UTT2SPK", help="speakers that are left out"
    )
    args = parser.parse_args(argv)
    utt2spk = read_table(args.utt2spk, num_fields=2)
    if args.exclude:
        left_out = set(read_table(args.exclude, num_fields=2).values())
        utt2spk = {name: speaker for name, speaker in utt2spk.items() if speaker not in left_out}
    sessions = read_table(args.utt2session, num_fields=2) if args.utt2session else None
    trials = draw_trials(utt2spk, args.num_target, args.num_nontarget, args.seed, sessions)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_trials(args.output, trials)
    return 0


if __name__ == "__main__":
    run(main)
