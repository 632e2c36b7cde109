"""Tell whether a product is done, and from the same inputs: utils/once.sh.

"check" compares the product's record with what it would be made from now. Status 0: it is done;
3: it has to be made, and what it will be made from is written to --pending; 1: it cannot be made.
"finish" writes the record of a product that was made since, from what --pending says.
"""

from argparse import Namespace
from pathlib import Path
from typing import Any

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import truth
from speakernet.config.errors import UserError

TO_BE_MADE = 3


@program("recipes")
@argument("task", str, "before or after the command", choices=("check", "finish"))
@argument("product", Path, "folder of the product")
@argument("command", str, "what makes it, after --", nargs="*")
@argument("--input", Path, "what it depends on", action="append", default=[], metavar="PATH")
@argument("--fixed-input", Path, "may not change", action="append", default=[], metavar="PATH")
@argument("--needed-by", Path, "what needs it", action="append", default=[], metavar="PATH")
@argument("--place", Path, "folder in which the command finds things", metavar="DIR")
@argument("--output", str, "what it has", action="append", default=[], metavar="NAME")
@argument("--anew", truth, "it has to be made even if it is done", default="false")
@argument("--pending", Path, "file between both tasks", required=True)
def main(args: Namespace) -> int:
    """Check or finish a product."""
    from speakernet.work.cleaning import is_cleaned
    from speakernet.work.files import open_for_replace
    from speakernet.work.made_from import Inputs, describe_folders, describe_inputs
    from speakernet.work.products import finish_product, folders_in_place, is_done
    from speakernet.work.record import to_json

    if args.task == "finish":
        finish_product(args.product, args.output, *_read_pending(args.pending))
        args.pending.unlink()
        return 0
    for path in (*args.input, *args.fixed_input):
        if path.resolve() == Path(path.resolve().anchor):
            raise UserError(
                f"{path}: is the root of all files; expected what the product is made of"
            )
    inputs = Inputs(args.input, args.fixed_input, args.place)
    made_from = describe_inputs(args.product, args.command, inputs)
    # Unless something has moved, nobody has to read where all recordings are.
    folders = describe_folders(args.product, inputs, folders_in_place(args.product))
    if not args.anew and is_done(args.product, args.output, made_from, folders, args.needed_by):
        return 0
    for path in (*args.input, *args.fixed_input):
        if is_cleaned(path):
            raise UserError(
                f"{path}: its files were removed (run.sh --clean), and {args.product} has to be "
                "made: make these files again (run.sh --force STAGES, those that make them)"
            )
    args.pending.parent.mkdir(parents=True, exist_ok=True)
    with open_for_replace(args.pending) as file:
        folders = describe_folders(args.product, inputs)
        file.write(to_json({"made_from": made_from, "folders": folders}))
    return TO_BE_MADE


def _read_pending(path: Path) -> tuple[Any, Any]:
    """Return what the product was made from, and folders: what "check" wrote."""
    from speakernet.work.record import from_json

    pending = from_json(path)
    if isinstance(pending, dict) and set(pending) == {"made_from", "folders"}:
        made_from, folders = pending["made_from"], pending["folders"]
        if isinstance(made_from, dict) and isinstance(folders, dict):
            return made_from, folders
    raise UserError(f"{path}: found other JSON than 'check' has written")


if __name__ == "__main__":
    run(main)
