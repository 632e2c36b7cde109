"""Which files a call reads, by watching it open them."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.hostile.calls import CALLS, Call
from tests.hostile.cases import base_job
from tests.hostile.execution import Job, Sandbox, run_all


def files_read(world: Path) -> dict[Call, list[str]]:
    """Run every call in a copy of ``world``; return the files that it opened and did not change.

    Raises AssertionError for a call that fails: it has to be mended first.
    """
    calls = [(command, call) for command, calls in CALLS.items() for call in calls]
    with tempfile.TemporaryDirectory(dir=world.parent) as folder:
        sandboxes = [Sandbox(world, Path(folder, str(n))) for n in range(len(calls))]
        watched = (
            (_watched(base_job(command, call), sandbox), sandbox)
            for (command, call), sandbox in zip(calls, sandboxes, strict=True)
        )
        failures, changed = [], {}
        for number, outcome in run_all(watched, 2):
            command, call = calls[number]
            changed[call] = outcome.changed
            if outcome.status != call.status or outcome.missing:
                failures.append(f"{command} {' '.join(call.words)}: {outcome}")
        assert not failures, "calls.py has calls that fail: " + "\n".join(failures)
        return {
            call: [name for name in _names(sandbox, world) if name not in changed[call]]
            for (_, call), sandbox in zip(calls, sandboxes, strict=True)
        }


def _watched(job: Job, sandbox: Sandbox) -> Job:
    def main() -> int:
        opened: set[str] = set()
        sys.addaudithook(lambda event, args: _note(opened, event, args))
        try:
            return job.main()
        finally:
            sandbox.path("opened").write_text(json.dumps(sorted(opened)))

    return Job(main, job.prepare, job.products)


def _note(opened: set[str], event: str, args: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(args[0], str | os.PathLike):
        opened.add(os.path.relpath(os.fsdecode(args[0])))


def _names(sandbox: Sandbox, world: Path) -> list[str]:
    opened = json.loads(sandbox.path("opened").read_text())
    return sorted(n for n in opened if not n.startswith("..") and (world / n).is_file())
