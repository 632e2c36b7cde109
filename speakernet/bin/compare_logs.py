"""Is this training normal? Compare its train.jsonl with a reference log of the same recipe.

Prints loss and accuracy of both where both have a line, ten of them, and the mean differences over
the last quarter. Status 1 if that of the loss is larger than --tolerance.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from speakernet.bin.cli import run
from speakernet.config import UserError

_SHOWN = 10
Entry = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="compare-logs", description=__doc__)
    parser.add_argument("log", type=Path, help="exp/<corpus>/<recipe>/train.jsonl")
    parser.add_argument("reference", type=Path, help="egs/<corpus>/<recipe>/reference.jsonl")
    parser.add_argument(
        "--tolerance", type=float, default=0.3, help="what another seed may change (%(default)s)"
    )
    args = parser.parse_args(argv)
    ours, theirs = _read(args.log), _read(args.reference)
    steps = sorted(ours.keys() & theirs.keys())
    if not steps:
        raise UserError(f"{args.log}: has no step in common with {args.reference}")
    print("| step | loss | reference | accuracy | reference |\n|---:|---:|---:|---:|---:|")
    for step in steps[:: -(-len(steps) // _SHOWN)]:
        cells = [f"{e[k]:.3f}" for k in ("loss", "accuracy") for e in (ours[step], theirs[step])]
        print(f"| {step} | {' | '.join(cells)} |")
    last = steps[-max(1, len(steps) // 4) :]
    loss, accuracy = (mean(ours[s][k] - theirs[s][k] for s in last) for k in ("loss", "accuracy"))
    normal = abs(loss) <= args.tolerance
    print(
        f"\nsteps {last[0]} to {last[-1]}: loss {loss:+.3f}, accuracy {accuracy:+.3f} beside the "
        f"reference: {'normal' if normal else f'not normal (tolerance {args.tolerance:g})'}"
    )
    return 0 if normal else 1


def _read(path: Path) -> dict[int, Entry]:
    """Return the entries with loss and accuracy by step (validation has its own)."""
    entries: dict[int, Entry] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            if "loss" in entry:
                entries[int(entry["step"])] = {k: float(entry[k]) for k in ("loss", "accuracy")}
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path}:{number}: expected a JSON object of a training log") from None
    return entries


if __name__ == "__main__":
    run(main)
