"""See tests/endurance.sh."""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.endurance.contents import contents, leftovers
from tests.endurance.runs import KILLS, Run, Runs, ask_to_leave, kill_one_process
from tests.endurance.starving import starving_runs

STAGES = range(1, 9)
_KILLS_PER_STAGE_AND_ROUND = 4


class Endurance:
    """An undisturbed run, and disturbed ones that have to end in the same files."""

    def __init__(self, work: Path, recipe: str, seed: int) -> None:
        self.work = work
        self.options = ("--recipe", recipe)
        self.rng = random.Random(seed)
        self.faults: list[str] = []
        self.kills: Counter[tuple[int, str]] = Counter()
        self.seconds: dict[int, float] = {}
        self.expected: dict[str, str] = {}

    def undisturbed(self) -> None:
        """Run each stage by itself, for its files and its time."""
        runs = Runs(self.work / "undisturbed", self.options)
        for stage in STAGES:
            began = time.monotonic()
            run = runs.start("--stage", str(stage), "--stop-stage", str(stage))
            if run.end() != 0:
                sys.exit(f"the undisturbed run failed: {run.output}")
            self.seconds[stage] = time.monotonic() - began
        self.expected = contents(*runs.products)
        print(
            f"undisturbed: {sum(self.seconds.values()):.0f} s, {len(self.expected)} files",
            flush=True,
        )

    def killed(self, number: int) -> None:
        """Kill runs at random moments of all stages, until there were ``number`` kills."""
        round_number = 0
        while self.kills.total() < number:
            round_number += 1
            runs = Runs(self.work / f"killed-{round_number}", self.options)
            for stage in STAGES:
                self._kill_stage(runs, stage)
            self._compare(runs)
            print(f"round {round_number}: {self.kills.total()} kills", flush=True)

    def _kill_stage(self, runs: Runs, stage: int) -> None:
        options = "--stage", str(stage), "--stop-stage", str(stage)
        earlier: list[Run] = []
        for _ in range(_KILLS_PER_STAGE_AND_ROUND):
            run = runs.start(*options)
            if not run.ended_within(self.rng.uniform(0.2, self.seconds[stage])):
                kill = self.rng.choice(KILLS)
                self.kills[stage, kill.__name__] += 1
                kill(run, self.rng)
                if kill in (ask_to_leave, kill_one_process):
                    self._judge(run, f"{runs.folder.name} stage {stage} {kill.__name__}")
                if kill is ask_to_leave and not run.wait_for_jobs(seconds=5):
                    self._fault(runs, f"stage {stage}: left after a signal: {run.processes()}")
                earlier.append(run)
            elif run.process.returncode == 0:
                break
        for run in earlier:
            run.wait_for_jobs()
        last = runs.start(*options)
        if last.end() != 0:
            self._fault(
                runs, f"stage {stage} undisturbed after kills: status {last.process.returncode}"
            )
            raise SystemExit(self.report())
        self._judge(last, f"{runs.folder.name} stage {stage}")

    def starved(self) -> None:
        """Run with too little of something, then with a bit more, until it is enough."""
        size = sum(p.stat().st_size for p in (self.work / "undisturbed").rglob("*") if p.is_file())
        for name, runs_with_more in starving_runs(self.work, self.options, size):
            count = 0
            for runs in runs_with_more:
                run = runs.start()
                status = run.end()
                self._judge(run, f"{name}, run {count + 1}")
                count += 1
                if status == 0:
                    break
            self._compare(runs)
            print(f"{name}: enough for run {count}", flush=True)

    def _judge(self, run: Run, where: str) -> None:
        for error in run.errors():
            copy = run.output.with_name(f"output-{len(self.faults)}")
            shutil.copyfile(run.output, copy)
            self.faults.append(f"{where}: {error}; see {copy}")
            print(self.faults[-1], flush=True)

    def _fault(self, runs: Runs, text: str) -> None:
        self.faults.append(f"{runs.folder.name}: {text}; see {runs.folder}")
        print(self.faults[-1], flush=True)

    def _compare(self, runs: Runs) -> None:
        for path in leftovers(*runs.products):
            self._fault(runs, f"left over: {path}")
        found = contents(*runs.products)
        different = [
            name
            for name in _names(self.expected, found)
            if self.expected.get(name) != found.get(name)
        ]
        if different:
            self._fault(runs, f"{len(different)} files differ: {' '.join(different[:5])}")
        else:
            shutil.rmtree(runs.folder, ignore_errors=True)

    def report(self) -> int:
        """Print the counts and return the exit status."""
        for stage in STAGES:
            of_stage = {kind: n for (s, kind), n in sorted(self.kills.items()) if s == stage}
            print(
                f"stage {stage}: {sum(of_stage.values())} kills",
                *(f"{k} {n}" for k, n in of_stage.items()),
            )
        print(f"{self.kills.total()} kills, {len(self.faults)} faults")
        return 1 if self.faults else 0


def _names(*dicts: dict[str, str]) -> Iterator[str]:
    yield from sorted(set().union(*dicts))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/endurance.sh", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=100, help="how many, over all stages (default: 100)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments and kinds (default: 1)")
    parser.add_argument("--recipe", default="egs/debian_voices_subset/tdnn_c32")
    parser.add_argument(
        "--work", type=Path, help="folder for the runs (default: a new one, removed if all is well)"
    )
    parser.add_argument("--only", choices=["kills", "starving"], help="one of the two parts")
    args = parser.parse_args()
    work = (args.work or Path(tempfile.mkdtemp(prefix="speakernet-endurance-"))).resolve()
    endurance = Endurance(work, args.recipe, args.seed)
    endurance.undisturbed()
    if args.only != "starving":
        endurance.killed(args.kills)
    if args.only != "kills":
        endurance.starved()
    status = endurance.report()
    if status == 0 and args.work is None:
        shutil.rmtree(work)
    return status


if __name__ == "__main__":
    sys.exit(main())
