"""Copy a data dir with noise added, as Kaldi's augment_data_dir.py.

Writes wav.scp lines with Kaldi's wav-reverberate. Options are those of Kaldi, and --num-utts.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import count, counts, truth, whole_decibels
from speakernet.config.errors import UserError

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add, snrs = parser.add_argument, [20, 10, 0]
    add("--fg-snrs", type=whole_decibels, default=snrs, help="of foregrounds (default: 20:10:0)")
    add("--bg-snrs", type=whole_decibels, default=snrs, help="of backgrounds (default: 20:10:0)")
    add("--num-bg-noises", type=counts, default=[1],
        help="how many backgrounds at once, drawn from these (default: 1)")  # fmt: skip
    add("--fg-interval", type=count, default=0, help="seconds between noises (default: 0)")
    add("--utt-suffix", default="", help="ids become <id>-SUFFIX", metavar="SUFFIX")
    add("--utt-prefix", default="", help="ids become PREFIX-<id>", metavar="PREFIX")
    add("--random-seed", type=count, default=123, help="of what is drawn (default: 123)")
    add("--modify-spk-id", type=truth, default=False,
        help="ids of speakers get prefix and suffix, too (default: false)")  # fmt: skip
    add("--bg-noise-dir", type=Path, metavar="DIR", help="data dir of the backgrounds")
    add("--fg-noise-dir", type=Path, metavar="DIR", help="data dir of the foreground noises")
    add("--num-utts", type=count, default=0, help="a random subset (default: 0, all)")
    add("input_dir", type=Path, help="data dir to copy")
    add("output_dir", type=Path, help="data dir to write")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copy."""
    args = make_parser().parse_args(argv)
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
