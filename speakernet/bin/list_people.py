"""List the people of a store: name, number of recordings, seconds of audio."""

import json
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.decision import JSON
from speakernet.bin.options.program import argument, arguments, program


@program("users")
@argument("store", Path, "folder of the store, as speakernet enroll makes it")
@arguments(JSON)
def main(args: Namespace) -> int:
    """Print a line for each."""
    from speakernet.model.people import People

    for person in People(args.store).people():
        seconds = sum(person.durations_s)
        if args.json:
            print(json.dumps({"name": person.name, "files": person.files, "duration_s": seconds}))
        else:
            print(f"{person.name}\t{len(person.files)}\t{seconds:.1f}")
    return 0


if __name__ == "__main__":
    run(main)
