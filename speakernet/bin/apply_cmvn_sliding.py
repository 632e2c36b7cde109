"""Subtract the mean over a centred sliding window from every matrix of a feats.scp.

The same as Kaldi's apply-cmvn-sliding with --norm-vars=false --center=true. Training and extraction
do this when they read features; the program is for those who want it in files.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.kaldi.tables import iter_table
from speakernet.signal.cmvn import sliding_cmn


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the normalised features."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmn-window", type=int, default=300, help="frames (default: 300)")
    parser.add_argument("--compress", choices=("true", "false"), default="true")
    parser.add_argument("feats_scp", type=Path)
    parser.add_argument("ark", type=Path)
    parser.add_argument("scp", type=Path)
    args = parser.parse_args(argv)
    if args.cmn_window < 1:
        raise UserError(f"--cmn-window {args.cmn_window}: expected 1 or more")
    with ArkWriter(args.ark, args.scp, compress=args.compress == "true") as writer:
        for name, spec in iter_table(args.feats_scp):
            writer.write(name, sliding_cmn(read_matrix(spec), args.cmn_window))
    return 0


if __name__ == "__main__":
    run(main)
