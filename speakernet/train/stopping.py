"""Leaving in good order: SIGTERM and SIGUSR1 (Slurm's warning before the time limit)."""

import signal
from types import FrameType

REQUEUE_EXIT_CODE = 99
"""GridEngine starts a job again that ends with 99; for others, scripts can test for it."""

REQUEUE_MARK = "requeue"
"""A file in the experiment's directory that says the same, as torchrun hides the exit code."""


class StopRequest:
    """Remembers that the system asked this process to leave."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)

    def __bool__(self) -> bool:
        return self.signal is not None
