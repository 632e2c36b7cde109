"""Starting run.sh, finding its processes, killing them, and judging what it said."""

import contextlib
import os
import random
import re
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

_MARK = "SPEAKERNET_ENDURANCE_RUN"
_NEVER_SAID = "Traceback", "internal error"
_REASON = re.compile(r"error: |: failed in stage |^\S+: line \d+: +\d+ Killed ", re.M)
_PATIENCE = 600
"""Seconds after which a run stands still."""


@dataclass(frozen=True)
class Runs:
    """Runs of one recipe, with products in ``folder``/data and ``folder``/exp."""

    folder: Path
    options: tuple[str, ...]
    prefix: tuple[str, ...] = ()

    @property
    def products(self) -> tuple[Path, Path]:
        """The folders of data directories and of experiments."""
        return self.folder / "data", self.folder / "exp"

    def start(self, *options: str) -> "Run":
        """Start run.sh in a session of its own."""
        data, exp = self.products
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["bash", "run.sh", *self.options, "--data", str(data), "--exp", str(exp)]
        mark = uuid.uuid4().hex
        with (self.folder / "output").open("w") as output:
            process = subprocess.Popen(
                [*self.prefix, *command, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, _MARK: mark},
                start_new_session=True,
            )
        return Run(process, mark, self.folder / "output")


@dataclass
class Run:
    """A run that was started."""

    process: subprocess.Popen[bytes]
    mark: str
    output: Path
    began: float = field(default_factory=time.monotonic)

    def end(self) -> int:
        """Wait for run.sh and return its status."""
        return self.process.wait(_PATIENCE)

    def ended_within(self, seconds: float) -> bool:
        """Return whether run.sh ends by itself within ``seconds`` of its start."""
        try:
            self.process.wait(max(0.0, self.began + seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True

    def processes(self) -> list[int]:
        """Return the ids of the run's living processes, those of its jobs, too."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid:
                try:
                    if f"{_MARK}={self.mark}".encode() in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:  # it ended meanwhile, or is another user's
                    continue
        return found

    def wait_for_jobs(self, seconds: float = _PATIENCE) -> bool:
        """Wait until no process of the run lives; return whether that happened in time."""
        end = time.monotonic() + seconds
        while self.processes():
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def errors(self) -> list[str]:
        """Return what is wrong with the messages of a run that ended by itself."""
        text = self.output.read_text(errors="replace")
        wrong = [f"{word!r} in its output" for word in _NEVER_SAID if word in text]
        if self.process.returncode not in (0, 99) and not _REASON.search(text):
            wrong.append(f"status {self.process.returncode} without a reason")
        return wrong


def kill_everything(run: Run, rng: random.Random) -> None:
    """As a power failure does."""
    run.process.kill()
    run.end()
    while processes := run.processes():
        for pid in processes:
            _send(pid, signal.SIGKILL)


def kill_run_sh(run: Run, rng: random.Random) -> None:
    """As when the login node dies; in half of the cases jobs live on beside the next run."""
    run.process.kill()
    run.end()
    if rng.random() < 0.5:
        run.wait_for_jobs()


def kill_one_process(run: Run, rng: random.Random) -> None:
    """As a machine without memory does, which chooses one process."""
    _send(rng.choice(run.processes() or [run.process.pid]), signal.SIGKILL)
    run.end()


def ask_to_leave(run: Run, rng: random.Random) -> None:
    """As a user or a batch system does, with a signal to run.sh."""
    _send(
        run.process.pid, rng.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
    )
    run.end()


KILLS = (kill_everything, kill_run_sh, kill_one_process, ask_to_leave)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
