"""Stopping on SIGTERM and SIGUSR1 (Slurm's warning before the time limit), to be requeued."""

import signal
from types import FrameType

REQUEUE_EXIT_CODE = 99
"""GridEngine requeues a job that exits with 99; other schedulers' scripts can test for it."""

REQUEUE_FILE = "requeue"
"""An empty file in the experiment's directory with the same meaning: torchrun hides exit codes."""


class StopRequest:
    """Signal handler for SIGTERM and SIGUSR1; true once one was received (``signal``)."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)

    def __bool__(self) -> bool:
        return self.signal is not None
