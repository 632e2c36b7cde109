"""Train as speakernet.bin.train does, but die at a chosen place: run by the tests of resuming.

KILL_AT_STEP: kill -9 before that update (of rank KILL_RANK only, if that is set).
KILL_IN_WRITE_AT_STEP: kill -9 in the first checkpoint write from that step on, after
half of the file is on disk.
"""

import io
import os
import signal
import sys
from typing import Any

import torch

from speakernet.bin import train
from speakernet.train.update import Updater

at_step = int(os.environ.get("KILL_AT_STEP", "-1"))
in_write_at_step = int(os.environ.get("KILL_IN_WRITE_AT_STEP", "-1"))
update, save = Updater.__call__, torch.save
count = 0


def counting_update(self: Updater, *arguments: Any) -> Any:
    """Die before update KILL_AT_STEP (counted from 0, without resuming)."""
    global count
    if count == at_step and os.environ.get("KILL_RANK") in (None, str(self.world.rank)):
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    return update(self, *arguments)


def dying_save(state: Any, stream: Any, **options: Any) -> None:
    """Die after writing half of the checkpoint."""
    if isinstance(state, dict) and 0 <= in_write_at_step <= state["step"]:
        whole = io.BytesIO()
        save(state, whole)
        stream.write(whole.getvalue()[: whole.tell() // 2])
        stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    save(state, stream, **options)


Updater.__call__ = counting_update  # type: ignore[method-assign, assignment]
torch.save = dying_save  # type: ignore[assignment]
if __name__ == "__main__":
    sys.exit(train.main())
