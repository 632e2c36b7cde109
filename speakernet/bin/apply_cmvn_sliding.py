"""Subtract the mean over a sliding window from the matrices of a feats.scp.

The window is centred, as with Kaldi's apply-cmvn-sliding --norm-vars=false --center=true. Training
and extraction do this when they read features; the program is for those who want it in files.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import positive_int, truth

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("--cmn-window", type=positive_int, default=300, help="frames (default: 300)")
    add("--compress", type=truth, default=True, help="one byte a value (default: true)")
    add("feats_scp", type=Path, help="index of the features")
    add("ark", type=Path, help="archive to write")
    add("scp", type=Path, help="its index")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the normalised features."""
    args = make_parser().parse_args(argv)
    from speakernet.kaldi.ark import ArkWriter, read_matrix
    from speakernet.kaldi.tables import iter_table
    from speakernet.signal.cmvn import sliding_cmn

    with ArkWriter(args.ark, args.scp, compress=args.compress) as writer:
        for name, spec in iter_table(args.feats_scp):
            writer.write(name, sliding_cmn(read_matrix(spec), args.cmn_window))
    return 0


if __name__ == "__main__":
    run(main)
