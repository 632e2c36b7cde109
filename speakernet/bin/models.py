"""List the networks with parameters, multiply-adds and published counts.

Parameters are the trainable values; "statistics" are the running means and variances of batch
norms, which some publications count too. The last column says what the published number counts.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import positive_int
from speakernet.config.places import shipped

PUBLISHED = shipped("egs", "voxceleb", "published.tsv")


@program("users")
@argument("names", str, "networks (default: all that we have)", nargs="*", metavar="NAME")
@argument("--num-mel-bins", positive_int, "mel bins of the networks named", default=80)
@argument("--published", Path, "published figures to show beside ours (default: egs/voxceleb)")
def main(args: Namespace) -> int:
    """Print the table; return the exit status."""
    from speakernet.report.networks import network_rows
    from speakernet.report.plain_text import aligned

    print(aligned(network_rows(args.names, args.num_mel_bins, args.published or PUBLISHED)))
    return 0


if __name__ == "__main__":
    run(main)
