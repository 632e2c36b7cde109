"""Write reverberant copies of a data dir, as wav.scp lines of Kaldi's wav-reverberate.

Options and meaning are those of Kaldi's steps/data/reverberate_data_dir.py; --suffix and --num-utts
are added.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import Affixes
from speakernet.kaldi.room_lists import read_noises, read_responses
from speakernet.prepare.reverberant_copies import RoomOptions, write_reverberant_copies


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copies."""
    args = _parser().parse_args(argv)
    _check(args)
    options = _options(args)
    prefix = args.prefix
    if not prefix and not args.suffix and (args.num_replications > 1 or args.include_original_data):
        prefix = "rvb"
    suffix = f"-{args.suffix}" if args.suffix else ""
    affixes = {}
    for number in range(0 if args.include_original_data else 1, args.num_replications + 1):
        before = f"{prefix}{number}-" if prefix else ""
        affixes[number] = Affixes(utt_prefix=before, utt_suffix=suffix, spk_prefix=before)
    write_reverberant_copies(
        args.input_dir, args.output_dir, options, affixes, num_utterances=args.num_utts
    )
    return 0


def _options(args: argparse.Namespace) -> RoomOptions:
    rate = args.source_sampling_rate
    return RoomOptions(
        responses=read_responses(
            args.rir_set_parameters, smoothing=args.rir_smoothing_weight, sample_rate=rate
        ),
        noises=read_noises(
            args.noise_set_parameters, smoothing=args.noise_smoothing_weight, sample_rate=rate
        ),
        foreground_snrs_db=args.foreground_snrs,
        background_snrs_db=args.background_snrs,
        speech_probability=args.speech_rvb_probability,
        pointsource_probability=args.pointsource_noise_addition_probability,
        isotropic_probability=args.isotropic_noise_addition_probability,
        max_noises_per_minute=args.max_noises_per_minute,
        shift_output=args.shift_output,
        seed=args.random_seed,
    )


def _check(args: argparse.Namespace) -> None:
    for name, value in vars(args).items():
        option = "--" + name.replace("_", "-")
        if name.endswith(("probability", "weight")) and not 0 <= value <= 1:
            raise UserError(f"{option} {value:g}: expected 0 to 1")
    if args.num_replications < 1:
        raise UserError(f"--num-replications {args.num_replications}: expected 1 or more")
    if args.num_replications > 1 and args.suffix:
        raise UserError("--suffix names one copy; expected --prefix for several")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--rir-set-parameters", action="append", required=True, metavar="[WEIGHT,]FILE")
    add("--noise-set-parameters", action="append", default=[], metavar="[WEIGHT,]FILE")
    add("--num-replications", type=int, default=1)
    add("--foreground-snrs", type=_numbers, default=[20.0, 10.0, 0.0], help="like 20:10:0")
    add("--background-snrs", type=_numbers, default=[20.0, 10.0, 0.0], help="like 20:10:0")
    add("--prefix", default="", help="a copy's ids become PREFIX<number>-<id>, speakers' too")
    add("--suffix", default="", help="ids become <id>-SUFFIX, speakers stay")
    add("--speech-rvb-probability", type=float, default=1.0)
    add("--pointsource-noise-addition-probability", type=float, default=1.0)
    add("--isotropic-noise-addition-probability", type=float, default=1.0)
    add("--rir-smoothing-weight", type=float, default=0.3)
    add("--noise-smoothing-weight", type=float, default=0.3)
    add("--max-noises-per-minute", type=int, default=2)
    add("--random-seed", type=int, default=0)
    add("--shift-output", type=_truth, default=True)
    add("--source-sampling-rate", type=int, default=None)
    add("--include-original-data", type=_truth, default=False)
    add("--num-utts", type=int, default=0, help="a random subset (default: all)")
    add("input_dir", type=Path)
    add("output_dir", type=Path)
    return parser


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(":")]


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"found '{text}'; expected true or false")
    return text == "true"


if __name__ == "__main__":
    run(main)
