"""Readers as processes of their own, each in the Python that it needs, which take turns.

A reader answers each line on its standard input, CPU seconds that it shall spend, with what it read
in them. This needs nothing but the standard library: environments of other packages run it, too.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

from benchmarks.timing import ROOT


@dataclass(frozen=True)
class Turn:
    """What a reader did: crops, CPU seconds of it and its children, and seconds by the clock."""

    num_crops: int
    cpu_s: float
    wall_s: float


@dataclass(frozen=True)
class Reader:
    """How a reader is started: its command, and the environment that this takes."""

    command: Sequence[str]
    environment: Mapping[str, str]


def serve(read_batch: Callable[[], int]) -> None:
    """Answer requests until there are no more; ``read_batch`` returns how many crops it read."""
    for line in sys.stdin:
        print(json.dumps(asdict(_take_turn(read_batch, float(line)))), flush=True)


def _take_turn(read_batch: Callable[[], int], seconds: float) -> Turn:
    num_crops, cpu, wall = 0, cpu_seconds(), time.perf_counter()
    while num_crops == 0 or cpu_seconds() - cpu < seconds:
        num_crops += read_batch()
    return Turn(num_crops, cpu_seconds() - cpu, time.perf_counter() - wall)


def cpu_seconds() -> float:
    """Return the CPU seconds so far of this process, and of those of its children that ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def take_turns(readers: Mapping[str, Reader], seconds: float, turns: int) -> dict[str, list[Turn]]:
    """Return ``turns`` turns of ``seconds`` of CPU of each reader, the first two of which are lost.

    They set up what is set up once and fill caches. The order rotates, so that none always follows
    the same one. Raises SystemExit with its last messages if a reader ends.
    """
    results: dict[str, list[Turn]] = {name: [] for name in readers}
    with ExitStack() as stack:
        running = [(n, stack.enter_context(_running(reader))) for n, reader in readers.items()]
        for turn in range(turns + 2):
            for name, process in running:
                found = _ask(name, process, seconds)
                if turn > 1:
                    results[name].append(found)
            running.append(running.pop(0))
    return results


@contextmanager
def _running(reader: Reader) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        reader.command, env=reader.environment, cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _ask(name: str, process: "subprocess.Popen[str]", seconds: float) -> Turn:
    assert process.stdin is not None and process.stdout is not None
    try:
        print(seconds, file=process.stdin, flush=True)
        return Turn(**json.loads(process.stdout.readline()))
    except (BrokenPipeError, json.JSONDecodeError):
        raise SystemExit(f"{name}: ended with status {process.wait()}; see above") from None


def crops_per_second(turns: Sequence[Turn]) -> float:
    """Return the median of crops per CPU second."""
    return statistics.median(turn.num_crops / turn.cpu_s for turn in turns)
