"""Copy a data dir into other rooms, as Kaldi's reverberate_data_dir.py.

Writes wav.scp lines with Kaldi's wav-reverberate. Options are those of Kaldi, --utt-suffix and
--num-utts.
"""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import (
    count,
    decibels,
    draws,
    positive_int,
    sample_rate,
    share,
    truth,
)
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from speakernet.prepare.reverberant_copies import RoomOptions

_LISTS = {"action": "append", "metavar": "[WEIGHT,]FILE"}


@program("data")
@argument("--rir-set-parameters", str, "list of impulse responses", required=True, **_LISTS)
@argument("--noise-set-parameters", str, "list of noises", default=[], **_LISTS)
@argument("--num-replications", positive_int, "number of copies", default=1)
@argument("--foreground-snrs", decibels, "SNRs of foreground noises in dB", default="20:10:0")
@argument("--background-snrs", decibels, "SNRs of background noises in dB", default="20:10:0")
@argument("--prefix", str, "ids become PREFIX<number>-<id>, speakers', too", default="")
@argument("--utt-suffix", str, "ids become <id>-SUFFIX", default="", metavar="SUFFIX")
@argument("--speech-rvb-probability", share, "probability of an impulse response", default=1.0)
@argument(
    "--pointsource-noise-addition-probability",
    share,
    "probability of point-source noises",
    default=1.0,
)
@argument(
    "--isotropic-noise-addition-probability", share, "probability of isotropic noise", default=1.0
)
@argument(
    "--rir-smoothing-weight", share, "weight of a uniform distribution of responses", default=0.3
)
@argument(
    "--noise-smoothing-weight", share, "weight of a uniform distribution of noises", default=0.3
)
@argument("--max-noises-per-minute", draws, "point sources", default=2)
@argument("--random-seed", count, "seed of random choices", default=0)
@argument("--shift-output", truth, "take the delay of the direct sound off", default="true")
@argument("--source-sampling-rate", sample_rate, "responses and noises get it (default: their own)")
@argument("--include-original-data", truth, "recordings as they are, too", default="false")
@argument("--num-utts", count, "take a random subset of this size, 0 for all", default=0)
@argument("input_dir", Path, "data dir to copy")
@argument("output_dir", Path, "data dir to write")
def main(args: Namespace) -> int:
    """Parse the command line and write the copies."""
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


def _options(args: Namespace) -> "RoomOptions":
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
