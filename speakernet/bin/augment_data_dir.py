"""Copy a data dir with noise added, as Kaldi's augment_data_dir.py.

Writes wav.scp lines with Kaldi's wav-reverberate. Options are those of Kaldi, and --num-utts.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import count, counts, truth, whole_decibels
from speakernet.config.errors import UserError


@program("data")
@argument("--fg-snrs", whole_decibels, "SNRs of foreground noises in dB", default="20:10:0")
@argument("--bg-snrs", whole_decibels, "SNRs of background noises in dB", default="20:10:0")
@argument("--num-bg-noises", counts, "backgrounds at once, one of these", default="1")
@argument("--fg-interval", count, "seconds between foreground noises", default=0)
@argument("--utt-suffix", str, "ids become <id>-SUFFIX", default="", metavar="SUFFIX")
@argument("--utt-prefix", str, "ids become PREFIX-<id>", default="", metavar="PREFIX")
@argument("--random-seed", count, "seed of random choices", default=123)
@argument("--modify-spk-id", truth, "ids of speakers change, too", default="false")
@argument("--bg-noise-dir", Path, "data dir of the backgrounds", metavar="DIR")
@argument("--fg-noise-dir", Path, "data dir of the foreground noises", metavar="DIR")
@argument("--num-utts", count, "take a random subset of this size, 0 for all", default=0)
@argument("input_dir", Path, "data dir to copy")
@argument("output_dir", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Parse the command line and write the copy."""
    from speakernet.kaldi.datadir import Affixes, NewAudio
    from speakernet.prepare.copies import write_copy
    from speakernet.prepare.noise_copies import NoiseOptions, NoiseSet, iter_noisy_entries

    if args.fg_noise_dir is None and args.bg_noise_dir is None:
        raise UserError("found neither --fg-noise-dir nor --bg-noise-dir; expected one or both")
    if args.utt_prefix and args.utt_suffix:
        raise UserError("found --utt-prefix and --utt-suffix; expected one of them")
    options = NoiseOptions(
        foreground=NoiseSet.from_dir(args.fg_noise_dir) if args.fg_noise_dir else None,
        background=NoiseSet.from_dir(args.bg_noise_dir) if args.bg_noise_dir else None,
        foreground_snrs_db=args.fg_snrs,
        background_snrs_db=args.bg_snrs,
        nums_background=args.num_bg_noises,
        interval_s=args.fg_interval,
        seed=args.random_seed,
    )
    prefix = f"{args.utt_prefix}-" if args.utt_prefix else ""
    suffix = f"-{args.utt_suffix}" if args.utt_suffix else ""
    speaker = (prefix, suffix) if args.modify_spk_id else ("", "")
    write_copy(
        args.input_dir,
        args.output_dir,
        Affixes(prefix, suffix, *speaker),
        NewAudio(iter_noisy_entries(args.input_dir, options)),
        num_utterances=args.num_utts,
        seed=args.random_seed,
    )
    return 0


if __name__ == "__main__":
    run(main)
