"""Subtract the mean over a sliding window from the matrices of a feats.scp.

The window is centred, as with Kaldi's apply-cmvn-sliding --norm-vars=false --center=true. Training
and extraction do this when they read features; the program is for those who want it in files.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import positive_int, truth


@program("users")
@argument("--cmn-window", positive_int, "frames of the window", default=300)
@argument("--compress", truth, "store one byte a value", default="true")
@argument("feats_scp", Path, "index of the features")
@argument("ark", Path, "archive to write")
@argument("scp", Path, "its index")
def main(args: Namespace) -> int:
    """Parse the command line and write the normalised features."""
    from speakernet.kaldi.ark import ArkWriter, read_features
    from speakernet.kaldi.tables import iter_table
    from speakernet.signal.cmvn import sliding_cmn

    with ArkWriter(args.ark, args.scp, compress=args.compress) as writer:
        for name, spec in iter_table(args.feats_scp):
            features = read_features(spec, name, args.feats_scp)
            writer.write(name, sliding_cmn(features, args.cmn_window))
    return 0


if __name__ == "__main__":
    run(main)
