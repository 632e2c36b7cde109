"""Reverberate a wav file and add noises to it, as Kaldi's wav-reverberate.

Files, also those in options, may be commands that end in |; - is standard input or output.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import truth
from speakernet.config.errors import UserError
from speakernet.config.options import parse_options

GROUP = "users"


def make_parser() -> Parser:
    """Return a parser for --help; the options themselves are read as Kaldi reads them."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--impulse-response", metavar="FILE", help="the room")
    add("--additive-signals", metavar="FILE,...", help="noises")
    add("--snrs", metavar="DB,...", help="of the noises")
    add("--start-times", metavar="S,...", help="of the noises, in seconds")
    add("--duration", metavar="S", help="cut or repeat to these seconds (default: as the input)")
    add("--shift-output", type=truth, help="take the delay of the direct sound off (default: true)")
    add("--normalize-output", type=truth, help="keep the power of the input (default: true)")
    add("--volume", metavar="X", help="factor on the output, instead of --normalize-output")
    add("--input-wave-channel", metavar="N", help="of the input (default: 0)")
    add("--rir-channel", metavar="N", help="of the response (default: 0)")
    add("--noise-channel", metavar="N", help="of the noises (default: 0)")
    add("--multi-channel-output", type=truth, help="only false is supported (default: false)")
    add("wav_in", help="file, command or -")
    add("wav_out", help="file or -")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the result."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if any(word in ("--help", "-h") for word in arguments):
        make_parser().print_help()
        return 0
    from speakernet.audio.reader import AudioReader
    from speakernet.kaldi.pipes import ReverberateOptions, parse_entry, reverberated

    flags = [word for word in arguments if word.startswith("--")]
    names = [word for word in arguments if not word.startswith("--")]
    if len(names) != 2:
        raise UserError(f"found {len(names)} file names; expected <wav-in> <wav-out>")
    options = parse_options(ReverberateOptions, (("command line", flag) for flag in flags))
    signal = AudioReader().evaluate(reverberated(parse_entry(names[0]), options))
    _write(names[1], signal.samples.astype(np.int16), signal.sample_rate)
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
