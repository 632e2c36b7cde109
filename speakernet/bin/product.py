"""Tell whether a product is done, and from the same inputs: utils/once.sh.

"check" compares the product's record with what it would be made from now. Status 0: it is done;
3: it has to be made, and what it will be made from is written to --pending; 1: it cannot be made.
"finish" writes the record of a product that was made since, from what --pending says.
"""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "recipes"

TO_BE_MADE = 3


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("task", choices=("check", "finish"), help="before or after the command")
    add("product", type=Path, help="folder of the product")
    add("command", nargs="*", help="what makes it, after --")
    add("--input", type=Path, action="append", default=[], metavar="PATH",
        help="what the product depends on; may be repeated")  # fmt: skip
    add("--fixed-input", type=Path, action="append", default=[], metavar="PATH",
        help="the same, which may never change")  # fmt: skip
    add("--output", action="append", default=[], metavar="NAME",
        help="file or folder that the product has; may be repeated")  # fmt: skip
    add("--pending", type=Path, required=True, help="between both tasks")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Check or finish a product."""
    args = make_parser().parse_args(argv)
    from speakernet.work.files import open_for_replace
    from speakernet.work.products import describe_inputs, finish_product, is_done
    from speakernet.work.record import from_json, to_json

    if args.task == "finish":
        made_from = from_json(args.pending.read_bytes())
        finish_product(args.product, args.output, made_from)
        args.pending.unlink()
        return 0
    made_from = describe_inputs(args.product, args.command, args.input, args.fixed_input)
    if is_done(args.product, args.output, made_from):
        return 0
    args.pending.parent.mkdir(parents=True, exist_ok=True)
    with open_for_replace(args.pending) as file:
        file.write(to_json(made_from))
    (args.product / ".done").unlink(missing_ok=True)
    return TO_BE_MADE


if __name__ == "__main__":
    run(main)
