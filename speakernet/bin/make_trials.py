"""Draw trials of known speakers, to train a calibration with."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import count, positive_int

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("utt2spk", type=Path, help="speakers of the utterances to draw from")
    add("output", type=Path, help="trial list to write")
    add("--num-target", type=positive_int, default=10_000,
        help="trials of one speaker at most (default: %(default)s)")  # fmt: skip
    add("--num-nontarget", type=positive_int, default=30_000,
        help="trials of two speakers at most (default: %(default)s)")  # fmt: skip
    add("--seed", type=count, default=0, help="of the draw (default: 0)")
    add("--utt2session", type=Path, help="targets are drawn from two sessions of a speaker")
    add("--exclude", type=Path, help="an utt2spk whose speakers are left out")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Write the trial list."""
    args = make_parser().parse_args(argv)
    from speakernet.backend.trial_drawing import draw_trials, read_utt2spk
    from speakernet.kaldi.tables import read_table
    from speakernet.kaldi.trials import write_trials

    utt2spk = read_utt2spk(args.utt2spk, args.exclude)
    sessions = read_table(args.utt2session, num_fields=2) if args.utt2session else None
    trials = draw_trials(utt2spk, args.num_target, args.num_nontarget, args.seed, sessions)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_trials(args.output, trials)
    return 0


if __name__ == "__main__":
    run(main)
