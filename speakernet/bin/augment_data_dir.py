"""Write a copy of a data dir with noise added, as wav.scp lines of Kaldi's wav-reverberate.

Options and meaning are those of Kaldi's steps/data/augment_data_dir.py, with --num-utts added.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import Affixes, NewAudio
from speakernet.prepare.copies import write_copy
from speakernet.prepare.noise_copies import NoiseOptions, NoiseSet, iter_noisy_entries


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copy."""
    args = _parser().parse_args(argv)
    if args.fg_noise_dir is None and args.bg_noise_dir is None:
        raise UserError("found neither --fg-noise-dir nor --bg-noise-dir; expected one or both")
    if args.fg_interval < 0:
        raise UserError(f"--fg-interval {args.fg_interval}: expected 0 or more")
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
    speaker = (prefix, suffix) if args.modify_spk_id == "true" else ("", "")
    write_copy(
        args.input_dir,
        args.output_dir,
        Affixes(prefix, suffix, *speaker),
        NewAudio(iter_noisy_entries(args.input_dir, options)),
        num_utterances=args.num_utts,
        seed=args.random_seed,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fg-snrs", type=_integers, default=[20, 10, 0], help="like 20:10:0")
    parser.add_argument("--bg-snrs", type=_integers, default=[20, 10, 0], help="like 20:10:0")
    parser.add_argument("--num-bg-noises", type=_integers, default=[1], help="like 3:4:5")
    parser.add_argument("--fg-interval", type=int, default=0, help="seconds between noises")
    parser.add_argument("--utt-suffix", default="")
    parser.add_argument("--utt-prefix", default="")
    parser.add_argument("--random-seed", type=int, default=123)
    parser.add_argument("--modify-spk-id", choices=("true", "false"), default="false")
    parser.add_argument("--bg-noise-dir", type=Path, help="data dir of the backgrounds")
    parser.add_argument("--fg-noise-dir", type=Path, help="data dir of the foreground noises")
    parser.add_argument("--num-utts", type=int, default=0, help="a random subset (default: all)")
    parser.add_argument("input_dir", type=Path)
    parser.add_argument("output_dir", type=Path)
    return parser


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(":")]


if __name__ == "__main__":
    run(main)
