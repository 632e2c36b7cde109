"""Decide which frames are speech: one job of steps/compute_vad.sh.

The rule is Kaldi's: by the energy of the frame and of its neighbours.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "recipes"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--config", type=Path, help="Kaldi config file (default: its defaults)")
    add("data_dir", type=Path, help="has feats.scp, with the log energy in front")
    add("ark", type=Path, help="archive to write")
    add("scp", type=Path, help="its index")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the decisions of every utterance of feats.scp."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.ark import ArkWriter, read_matrix
    from speakernet.kaldi.tables import iter_table
    from speakernet.signal.options import VadOptions
    from speakernet.signal.vad import energy_vad

    options = VadOptions.from_file(args.config) if args.config else VadOptions()
    with ArkWriter(args.ark, args.scp) as writer:
        for name, spec in iter_table(args.data_dir / "feats.scp"):
            writer.write(name, energy_vad(read_matrix(spec), options))
    return 0


if __name__ == "__main__":
    run(main)
