"""Reverberate a wav file and add noises to it, with the options of Kaldi's wav-reverberate."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.config.options import parse_options
from speakernet.kaldi.pipes import ReverberateOptions, parse_entry, reverberated
from speakernet.work.files import path_for_replace

USAGE = """usage: speakernet wav-reverberate [--option=value ...] <wav-in> <wav-out>

Reverberates a wav file and adds noises to it, as Kaldi's wav-reverberate does. <wav-in> and the
files in options may be commands that end in |; - is standard input or output. Options:
  --impulse-response=F --additive-signals=F,... --snrs=DB,... --start-times=S,... --duration=S
  --shift-output=BOOL --normalize-output=BOOL --volume=X
  --input-wave-channel=N --rir-channel=N --noise-channel=N"""


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the result."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if any(word in ("--help", "-h") for word in arguments):
        print(USAGE)
        return 0
    flags = [word for word in arguments if word.startswith("--")]
    names = [word for word in arguments if not word.startswith("--")]
    if len(names) != 2:
        raise UserError(f"found {len(names)} file names; expected <wav-in> <wav-out>")
    options = parse_options(ReverberateOptions, (("command line", flag) for flag in flags))
    signal = AudioReader().evaluate(reverberated(parse_entry(names[0]), options))
    _write(names[1], signal.samples.astype(np.int16), signal.sample_rate)
    return 0


def _write(name: str, samples: NDArray[np.int16], sample_rate: int) -> None:
    if name == "-":
        write_wav(sys.stdout.buffer, samples, sample_rate)
        return
    with path_for_replace(Path(name)) as temporary:
        write_wav(temporary, samples, sample_rate)


if __name__ == "__main__":
    run(main)
