"""Compare all pairs of recordings in a folder with a packaged model.

Prints a table with tabs, the likeliest pair first: one, other, llr, normalised score, similarity,
"same" or "different" at the prior; "-" for what the model does not have. What cannot be read is
reported and left out, and the status is 1 then.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.decision import JSON, PRIOR
from speakernet.bin.options.model import CHECK, DEVICE, MODEL, THREADS, load
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.types import positive_int


@program("users")
@arguments(MODEL)
@argument("paths", Path, "folders, of which all files are taken, and recordings", nargs="+")
@arguments(PRIOR)
@argument("--top", positive_int, "how many pairs to print (default: all)")
@arguments(JSON, CHECK, DEVICE, THREADS)
def main(args: Namespace) -> int:
    """Print the table."""
    from speakernet.config.errors import naming
    from speakernet.model.decisions import pair_json, pair_text
    from speakernet.model.pairs import compare_all
    from speakernet.model.reporting import Reporter
    from speakernet.model.sources import file_sources, files_below
    from speakernet.work.progress import progress

    sources = file_sources(files_below(args.paths))
    model, reporter = load(args), Reporter()
    found = progress(model.embed_sources(sources, check=args.check), len(sources), "recordings")
    embeddings = list(reporter.embeddings(found))
    if len(embeddings) < 2:
        reporter.finish()  # why there are so few
    show = pair_json if args.json else pair_text
    with naming(", ".join(map(str, args.paths))):
        pairs = compare_all(model.comparer, embeddings, prior=args.prior, top=args.top)
    for pair in pairs:
        print(show(pair))
    reporter.finish()
    return 0


if __name__ == "__main__":
    run(main)
