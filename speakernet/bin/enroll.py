"""Add a person to a store of people, or recordings to a person.

The store is a folder with a file for each person. All embeddings in it are of one model. If a
recording cannot be read, or has no speech, nothing is added.
"""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.model import CHECK, DEVICE, MODEL, THREADS, load
from speakernet.bin.options.program import argument, arguments, program

logger = logging.getLogger(__name__)


@program("users")
@argument("store", Path, "folder of the store; it is made if there is none")
@arguments(MODEL)
@argument("name", str, "of the person")
@argument("files", str, "recordings of this person alone", nargs="+", metavar="FILE")
@arguments(CHECK, DEVICE, THREADS)
def main(args: Namespace) -> int:
    """Embed the recordings and add them."""
    from speakernet.model.people import People
    from speakernet.model.reporting import Reporter

    model, reporter, people = load(args), Reporter(), People(args.store)
    people.check_new(args.name, model.description.identity)
    embeddings = list(reporter.embeddings(model.embed_many(args.files, check=args.check)))
    reporter.finish()
    count = people.add(args.name, embeddings, model.description.identity)
    logger.info("%s: %d recordings of '%s'", args.store, count, args.name)
    return 0


if __name__ == "__main__":
    run(main)
