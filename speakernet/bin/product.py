"""Is a product done, and from the same things? The program behind utils/once.sh.

``check`` compares the product's record with what it would be made from now. Status 0: it is done;
3: it has to be made, and what it will be made from is written to --pending; 1: it cannot be made.
``finish`` writes the record of a product that was made since, from what --pending says.
"""

import argparse
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.products import (
    changes,
    describe_inputs,
    finish_product,
    product_errors,
    read_product,
)

logger = logging.getLogger(__name__)

TO_BE_MADE = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Check or finish a product."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=("check", "finish"))
    parser.add_argument("product", type=Path, help="folder of the product")
    parser.add_argument("command", nargs="*", help="what makes it, after --")
    parser.add_argument("--input", type=Path, action="append", default=[], help="of the product")
    parser.add_argument(
        "--fixed-input", type=Path, action="append", default=[], help="may never change"
    )
    parser.add_argument("--output", action="append", default=[], help="file or folder that it has")
    parser.add_argument("--pending", type=Path, required=True, help="file between both tasks")
    args = parser.parse_args(argv)
    if args.task == "finish":
        made_from = json.loads(args.pending.read_text(encoding="utf-8"))
        finish_product(args.product, args.output, made_from)
        args.pending.unlink()
        return 0
    return _check(args)


def _check(args: argparse.Namespace) -> int:
    made_from = describe_inputs(args.command, args.input, args.fixed_input)
    record = read_product(args.product, args.output)
    if record is not None:
        different = list(changes(record.made_from, made_from))
        reasons = [f"{line} (changed)" for line in different]
        reasons += [] if different else product_errors(args.product, record)
        if not reasons:
            logger.info("done before, skipped")
            return 0
        if any(line.startswith("fixed inputs") for line in different):
            raise UserError(
                f"{args.product}: was made from other things: {'; '.join(reasons)}; it is kept: "
                "undo the change, or make another one beside it (run.sh --exp DIR)"
            )
        for reason in reasons:
            logger.info("made again: %s", reason[:200])
    os.makedirs(args.pending.parent, exist_ok=True)
    with open_for_replace(args.pending) as file:
        file.write(json.dumps(made_from, ensure_ascii=False, indent=1).encode())
    (args.product / ".done").unlink(missing_ok=True)
    return TO_BE_MADE


if __name__ == "__main__":
    run(main)
