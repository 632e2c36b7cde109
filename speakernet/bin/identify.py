"""Tell who of a store of people speaks in recordings, or that it is nobody.

Prints a line for each recording: its name, the person (or "-" for nobody of the store), the
probability, the log-likelihood ratio and the score of the best candidate, with tabs between them.
The status is 0 if somebody was recognised in each, 1 if in some it is nobody, 2 for an error.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.decision import JSON, PRIOR, THRESHOLD
from speakernet.bin.options.model import CHECK, DEVICE, MODEL, THREADS, load
from speakernet.bin.options.program import argument, arguments, program
from speakernet.bin.options.types import positive_int


@program("users", error_status=2)
@argument("store", Path, "folder of the store, as speakernet enroll makes it")
@arguments(MODEL)
@argument("files", str, "recordings of one speaker each", nargs="+", metavar="FILE")
@arguments(PRIOR, THRESHOLD)
@argument("--top", positive_int, "how many candidates to print", default=1)
@arguments(JSON, CHECK, DEVICE, THREADS)
def main(args: Namespace) -> int:
    """Print the answers; return the status."""
    from speakernet.model.decisions import identification_json, identification_text
    from speakernet.model.reporting import Reporter

    model, reporter, nobody = load(args), Reporter(), False
    show = identification_json if args.json else identification_text
    people = model.open_people(args.store)
    for each in reporter.embeddings(model.embed_many(args.files, check=args.check)):
        found = model.recognize(each, people, prior=args.prior, threshold=args.threshold)
        nobody |= found.name is None
        print(show(found, args.top), flush=True)
    reporter.finish()
    return int(nobody)


if __name__ == "__main__":
    run(main)
