"""Hostile inputs of every command: ``python -m tests.hostile --seed 1 --number 500``.

Prints how many cases of each class there were, and each wrong one with the command that repeats it.
The status is 1 if there is one that ``known_open`` does not list.
"""

import argparse
import io
import os
import shlex
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from tests.hostile.calls import CALLS
from tests.hostile.cases import Case, Commands
from tests.hostile.execution import Sandbox, forget_cached, protect_files, run_all
from tests.hostile.judge import Outcome, Verdict, judge
from tests.hostile.known_open import is_known
from tests.hostile.reading import files_read
from tests.hostile.scripts import SCRIPTS
from tests.hostile.world import make_world

_ROOM_BYTES = 4 << 30
_NAMES = sorted([*CALLS, *SCRIPTS])


def main() -> int:
    """Run the cases that the options ask for, in a child, so that its protection ends with it."""
    args = _arguments()
    with tempfile.TemporaryDirectory(prefix="hostile", dir=_place()) as folder:
        child = os.fork()
        if child == 0:
            try:
                os._exit(_run(Path(folder), args))
            except SystemExit as refusal:
                print(refusal, file=sys.stderr)
                os._exit(1)
            except BaseException:
                traceback.print_exc()
                os._exit(2)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _place() -> str | None:
    """Memory if there is enough: each case copies the world, on a disk for ten times as long."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES
    return str(memory) if has_room and os.access(memory, os.W_OK) else None


def _run(folder: Path, args: argparse.Namespace) -> int:
    world = folder / "world"
    world.mkdir()
    os.chdir(world)
    with redirect_stdout(io.StringIO()):
        make_world()
    if not protect_files(folder):
        sys.exit("tests.hostile: error: other files cannot be protected here (see protect_files)")
    commands = Commands(files_read(world), args.seed)
    forget_cached()
    os.chdir(folder)
    status = _report(list(_cases(commands, args)), folder, args)
    sys.stdout.flush()
    return status


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, default=500)
    parser.add_argument("--command", choices=_NAMES, action="append")
    parser.add_argument(
        "--case", action="append", help="COMMAND:NUMBER, and show all of its output"
    )
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def _cases(commands: Commands, args: argparse.Namespace) -> Iterator[Case]:
    if args.case:
        for name in args.case:
            command, _, number = name.partition(":")
            yield commands.case(command, int(number))
        return
    names = [n for n in args.command or _NAMES if commands.number_of_targets(n)]
    # A script starts several programs, and takes as long as ten commands.
    weights = {n: commands.number_of_targets(n) / (4 if n in SCRIPTS else 1) for n in names}
    for name, weight in weights.items():
        share = round(args.number * weight / sum(weights.values()))
        yield from (commands.case(name, number) for number in range(max(1, share)))


def _report(cases: list[Case], folder: Path, args: argparse.Namespace) -> int:
    sandboxes: list[Sandbox] = []
    counts: Counter[str] = Counter()
    num_wrong = 0

    def jobs() -> Iterator[tuple[object, Sandbox]]:
        for number, case in enumerate(cases):
            sandboxes.append(Sandbox(folder / "world", folder / f"case{number}"))
            yield case.job, sandboxes[-1]

    for number, outcome in run_all(jobs(), args.jobs):  # type: ignore[arg-type]
        case, verdict = cases[number], judge(outcome, cases[number].expected)
        sandboxes[number].remove()
        known = not verdict.is_right and is_known(case, verdict, outcome)
        counts[f"{verdict} (known)" if known else verdict] += 1
        if args.case or not (verdict.is_right or known):
            print(_description(case, verdict, outcome, args), flush=True)
        num_wrong += not (verdict.is_right or known)
    print(*(f"{count:6} {verdict}" for verdict, count in counts.most_common()), sep="\n")
    return 1 if num_wrong else 0


def _description(case: Case, verdict: Verdict, outcome: Outcome, args: argparse.Namespace) -> str:
    words = shlex.join(word[:300] for word in case.words)
    text = outcome.stderr if args.case else "\n".join(outcome.stderr.splitlines()[-3:])[-700:]
    made = sorted(outcome.created | outcome.changed)
    return (
        f"--- {verdict}: {case.what!r}\n    speakernet {case.command} {words!r}\n"
        f"    status {outcome.status}, {outcome.seconds:.1f} s, {outcome.peak_bytes >> 20} MiB,"
        f" made {made[:5]}\n    python -m tests.hostile --seed {args.seed} --case {case.name}\n"
        f"{text}"
    )


if __name__ == "__main__":
    sys.exit(main())
