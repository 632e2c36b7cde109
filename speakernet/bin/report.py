"""Write a page (HTML) about experiments: results, curves and errors.

The page is one file without scripts that needs no network. Several experiments and seeds stand on
one page, with differences under the same draws of speakers. Recordings are played from their files,
or, with --clips-mib, from inside of the page.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run, version
from speakernet.bin.options.program import argument, options_from, program
from speakernet.bin.options.types import mebibytes


@program("users")
@argument("experiments", Path, "exp/<corpus>/<recipe>", nargs="+", metavar="exp_dir")
@argument("output", Path, "page: .html")
@argument(
    "--trials", Path, "list of trials (default: found in --data)", action="append", default=[]
)
@argument("--data", Path, "parent of data/<corpus>", default="data", metavar="DIR")
@argument("--utt2spk", Path, "speakers of the trials (default: utt2spk beside the trials)")
@argument("--clips-mib", mebibytes, "recordings to put into the page, MiB", default=0.0)
@argument("--tables", Path, "folder for rows that the page has no room for", metavar="DIR")
def main(args: Namespace) -> int:
    """Write the page."""
    from speakernet.report.page.page import ReportOptions, write_report

    write_report(options_from(ReportOptions, args, made_with=version()))
    return 0


if __name__ == "__main__":
    run(main)
