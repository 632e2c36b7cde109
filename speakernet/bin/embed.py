"""Embed recordings with a packaged model.

FILES are audio of any format, rate and number of channels; "-" reads their names from standard
input, a line each. What cannot be read is reported and left out, and the status is 1 then. Without
--save the embeddings go to standard output as lines of JSON.
"""

import sys
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.model import CHECK, DEVICE, MODEL, THREADS, load
from speakernet.bin.options.program import argument, arguments, program


@program("users")
@arguments(MODEL)
@argument("files", str, "recordings, or - for a list of them", nargs="*", metavar="FILE")
@argument("--data-dir", Path, "also the utterances of this data directory", metavar="DIR")
@argument("--scp", Path, "also the entries of this wav.scp, whose commands are run")
@argument("--save", Path, "what to write, instead of standard output")
@argument(
    "--embedding-format",
    str,
    "npz, ark or jsonl (default: how FILE ends)",
    choices=("npz", "ark", "jsonl"),
)
@arguments(CHECK, DEVICE, THREADS)
def main(args: Namespace) -> int:
    """Write the embeddings."""
    from speakernet.model.embedding_files import check_names, choose_format
    from speakernet.model.reporting import Reporter
    from speakernet.model.sources import collect
    from speakernet.work.progress import progress

    write = choose_format(args.save, args.embedding_format)
    sources = collect(args.files, args.data_dir, args.scp, sys.stdin.buffer)
    check_names(write, args.save, (source.name for source in sources))
    found = load(args).embed_sources(sources, check=args.check)
    reporter = Reporter()
    write(args.save, reporter.embeddings(progress(found, len(sources), "recordings")))
    reporter.finish()
    return 0


if __name__ == "__main__":
    run(main)
