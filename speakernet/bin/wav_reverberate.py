"""Reverberate a wav file and add noises to it, as Kaldi's wav-reverberate.

Files, also those in options, may be commands that end in |; - is standard input or output.
"""

import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import count, truth
from speakernet.config.errors import naming


@program("users")
@argument("--impulse-response", str, "impulse response of the room", metavar="FILE")
@argument("--additive-signals", str, "noises", metavar="FILE,...")
@argument("--snrs", str, "SNRs of the noises", metavar="DB,...")
@argument("--start-times", str, "start times of the noises in seconds", metavar="S,...")
@argument("--duration", str, "cut or repeat to this length (default: as it is)", metavar="S")
@argument("--volume", str, "factor, instead of --normalize-output", metavar="X")
@argument("--input-wave-channel", count, "channel of the input", default=0)
@argument("--rir-channel", count, "channel of the response", default=0)
@argument("--noise-channel", count, "channel of the noises", default=0)
@argument("--shift-output", truth, "take the delay of the direct sound off", default="true")
@argument("--normalize-output", truth, "keep the power of the input", default="true")
@argument("--multi-channel-output", truth, "Kaldi's; true is not supported", default="false")
@argument("wav_in", str, "file, command or -")
@argument("wav_out", str, "file or -")
def main(args: Namespace) -> int:
    """Parse the command line and write the result."""
    from speakernet.audio.reader import AudioReader
    from speakernet.config.options import parse_options
    from speakernet.kaldi.audio_nodes import ReverberateOptions
    from speakernet.kaldi.pipes import parse_entry, reverberated

    given = {key: value for key, value in vars(args).items() if value is not None}
    source, target = given.pop("wav_in"), given.pop("wav_out")
    words = [("command line", f"--{key}={value}") for key, value in given.items()]
    options = parse_options(ReverberateOptions, words)
    with naming("wav_in"):
        entry = parse_entry(source)
    signal = AudioReader().evaluate(reverberated(entry, options))
    _write(target, signal.samples.astype(np.int16), signal.sample_rate)
    return 0


def _write(name: str, samples: NDArray[np.int16], sample_rate: int) -> None:
    from speakernet.audio.wav import write_wav
    from speakernet.work.files import path_for_replace

    if name == "-":
        write_wav(sys.stdout.buffer, samples, sample_rate)
        return
    with path_for_replace(Path(name)) as temporary:
        write_wav(temporary, samples, sample_rate)


if __name__ == "__main__":
    run(main)
