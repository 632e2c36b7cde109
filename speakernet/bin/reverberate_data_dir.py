"""Copy a data dir into other rooms, as Kaldi's reverberate_data_dir.py.

Writes wav.scp lines with Kaldi's wav-reverberate. Options are those of Kaldi, --utt-suffix and
--num-utts.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import count, decibels, positive_int, share, truth
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from speakernet.prepare.reverberant_copies import RoomOptions

GROUP = "data"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add, snrs = parser.add_argument, [20.0, 10.0, 0.0]
    add("--rir-set-parameters", action="append", required=True, metavar="[WEIGHT,]FILE",
        help="list of impulse responses; may be repeated")  # fmt: skip
    add("--noise-set-parameters", action="append", default=[], metavar="[WEIGHT,]FILE",
        help="list of noises; may be repeated")  # fmt: skip
    add("--num-replications", type=positive_int, default=1, help="number of copies (default: 1)")
    add("--foreground-snrs", type=decibels, default=snrs,
        help="of noises that come and go (default: 20:10:0)")  # fmt: skip
    add("--background-snrs", type=decibels, default=snrs,
        help="of noises that last (default: 20:10:0)")  # fmt: skip
    add("--prefix", default="", help="ids become PREFIX<number>-<id>, speakers', too")
    add("--utt-suffix", default="", help="ids become <id>-SUFFIX", metavar="SUFFIX")
    for name, default, what in _SHARES:
        add(f"--{name}", type=share, default=default, help=f"{what} (default: {default:g})")
    add("--max-noises-per-minute", type=count, default=2, help="point sources (default: 2)")
    add("--random-seed", type=count, default=0, help="of what is drawn (default: 0)")
    add("--shift-output", type=truth, default=True,
        help="take the delay of the direct sound off (default: true)")  # fmt: skip
    add("--source-sampling-rate", type=positive_int, default=None,
        help="responses and noises are converted to it (default: as they are)")  # fmt: skip
    add("--include-original-data", type=truth, default=False,
        help="put the recordings as they are into the copy, too (default: false)")  # fmt: skip
    add("--num-utts", type=count, default=0, help="a random subset (default: 0, all)")
    add("input_dir", type=Path, help="data dir to copy")
    add("output_dir", type=Path, help="data dir to write")
    return parser


_SHARES = (
    ("speech-rvb-probability", 1.0, "of a response"),
    ("pointsource-noise-addition-probability", 1.0, "of point-source noises"),
    ("isotropic-noise-addition-probability", 1.0, "of a diffuse noise"),
    ("rir-smoothing-weight", 0.3, "of equal probabilities of responses"),
    ("noise-smoothing-weight", 0.3, "of equal probabilities of noises"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the copies."""
    args = make_parser().parse_args(argv)
    if args.num_replications > 1 and args.utt_suffix:
        raise UserError("--utt-suffix names one copy; expected --prefix for several")
    from speakernet.kaldi.datadir import Affixes
    from speakernet.prepare.reverberant_copies import write_reverberant_copies

    options = _options(args)
    prefix = args.prefix
    if (
        not prefix
        and not args.utt_suffix
        and (args.num_replications > 1 or args.include_original_data)
    ):
        prefix = "rvb"
    suffix = f"-{args.utt_suffix}" if args.utt_suffix else ""
    affixes = {}
    for number in range(0 if args.include_original_data else 1, args.num_replications + 1):
        before = f"{prefix}{number}-" if prefix else ""
        affixes[number] = Affixes(utt_prefix=before, utt_suffix=suffix, spk_prefix=before)
    write_reverberant_copies(
        args.input_dir, args.output_dir, options, affixes, num_utterances=args.num_utts
    )
    return 0


def _options(args: argparse.Namespace) -> "RoomOptions":
    from speakernet.kaldi.room_lists import read_noises, read_responses
    from speakernet.prepare.reverberant_copies import RoomOptions

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


if __name__ == "__main__":
    run(main)
