"""Draw trials of known speakers, to train a calibration with."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import count, positive_int


@program("users")
@argument("utt2spk", Path, "speakers of the utterances to draw from")
@argument("output", Path, "trial list to write")
@argument("--num-target", positive_int, "most trials of one speaker", default=10_000)
@argument("--num-nontarget", positive_int, "most trials of two speakers", default=30_000)
@argument("--seed", count, "seed of random choices", default=0)
@argument("--utt2session", Path, "targets are drawn from two sessions of a speaker")
@argument(
    "--lengths",
    Path,
    "utt2dur or utt2num_frames: trials of short, of short and long, and of long utterances",
)
@argument("--exclude", Path, "an utt2spk whose speakers are left out")
def main(args: Namespace) -> int:
    """Write the trial list."""
    from speakernet.backend.quality import read_durations
    from speakernet.backend.trial_drawing import draw_trials, read_utt2spk
    from speakernet.config.errors import naming
    from speakernet.kaldi.tables import read_table
    from speakernet.kaldi.trials import write_trials

    utt2spk = read_utt2spk(args.utt2spk, args.exclude)
    sessions = read_table(args.utt2session, num_fields=2) if args.utt2session else None
    durations = read_durations(args.lengths) if args.lengths else None
    with naming(args.utt2session or args.utt2spk):
        trials = draw_trials(
            utt2spk, args.num_target, args.num_nontarget, args.seed, sessions, durations
        )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_trials(args.output, trials)
    return 0


if __name__ == "__main__":
    run(main)
