"""Logs of a training run (train.jsonl, TensorBoard, progress), and detection of divergence."""

import json
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from speakernet.config import UserError
from speakernet.config.files import read_text
from speakernet.data.reading_times import ReadingTimes
from speakernet.train.waiting import WaitingWatch
from speakernet.work.files import open_for_replace
from speakernet.work.progress import Progress

logger = logging.getLogger(__name__)


class JsonLog:
    """A file with one JSON object per line.

    A resumed run repeats the steps after its checkpoint, ``step``: their lines are removed.
    """

    def __init__(self, path: Path, step: int) -> None:
        kept = []
        if path.exists():
            for line in read_text(path).splitlines():
                if _step(line) <= step:
                    kept.append(line + "\n")
        with open_for_replace(path) as file:
            file.write("".join(kept).encode())
        self._stream = path.open("a", buffering=1)

    def write(self, entry: dict[str, Any]) -> None:
        """Append a line; values that are not finite (such as fp16 gradient norms) become null."""
        self._stream.write(json.dumps(_finite(entry), allow_nan=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _step(line: str) -> float:
    """Return the step of a line; infinity for a malformed line (cut off by a crash)."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return math.inf


class TensorBoard:
    """Writes scalars for TensorBoard, unless it is disabled or not installed."""

    def __init__(self, folder: Path, step: int, enabled: bool) -> None:
        self._writer: Any = None
        if enabled:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError:
                logger.warning("tensorboard is not installed: no curves in %s", folder)
                return
            self._writer = SummaryWriter(str(folder), purge_step=step + 1)

    def write(self, entry: dict[str, Any]) -> None:
        """Add all numbers of ``entry`` and its groups, except its step and time."""
        if self._writer is None:
            return
        groups = {k: v for k, v in entry.items() if isinstance(v, dict)}
        grouped = {f"{k}/{name}": v for k, group in groups.items() for name, v in group.items()}
        for name, value in {**entry, **grouped}.items():
            if name not in ("step", "time") and isinstance(value, float):
                self._writer.add_scalar(name, value, entry["step"])

    def close(self) -> None:
        """Flush and close the event file."""
        if self._writer is not None:
            self._writer.close()


class DivergenceDetector:
    """Raises UserError when a loss or gradient norm is not finite, without waiting for the GPU.

    Values are copied to the host asynchronously and checked one step later. ``allowed``: how many
    consecutive updates may have gradients that are not finite, as when the gradient scaler of fp16
    searches its scale. ``utterances``: callback that returns the utterance ids of a step's batch,
    which are of ``data_dir``.
    """

    def __init__(
        self, data_dir: Path, utterances: Callable[[int], list[str]], allowed: int = 0
    ) -> None:
        self._data_dir = data_dir
        self._utterances = utterances
        self._allowed = allowed
        self._consecutive = 0
        self._pending: deque[tuple[int, Tensor, torch.cuda.Event | None]] = deque()

    def add(self, step: int, loss: Tensor, norm: Tensor) -> None:
        """Queue the values of update ``step``; check those of earlier updates."""
        values = torch.stack([loss, norm]).detach()
        event = None
        if values.is_cuda:
            values = values.to("cpu", non_blocking=True)
            event = torch.cuda.Event()
            event.record()
        self._pending.append((step, values, event))
        while len(self._pending) > (1 if event else 0):
            self._check(*self._pending.popleft())

    def finish(self) -> None:
        """Check all values that are still queued."""
        while self._pending:
            self._check(*self._pending.popleft())

    def _check(self, step: int, values: Tensor, event: torch.cuda.Event | None) -> None:
        if event is not None:
            event.synchronize()
        loss, norm = values.tolist()
        self._consecutive = 0 if math.isfinite(norm) else self._consecutive + 1
        if math.isfinite(loss) and self._consecutive <= self._allowed:
            return
        updates = f" in {self._consecutive} updates in a row" if self._allowed else ""
        raise UserError(
            f"{self._data_dir}: step {step}: loss {loss}, gradient norm {norm}{updates}: "
            "training has diverged, by damaged data or too high a learning rate; "
            f"utterances of this process's batch: {' '.join(self._utterances(step))}"
        )


class Interval(NamedTuple):
    """What was measured since the last line of the log.

    means: loss, accuracy, gradient norm, the share of time that the trainer waited for data, and
    crops per second that the readers could deliver, (5,). The times are since the clock was
    restarted last.
    """

    means: Tensor
    steps_per_second: float
    seconds: float


class Meter:
    """Means of loss, accuracy and gradient norm since the last ``take``, kept on the device.

    ``times``: of reading and waiting.
    """

    def __init__(self, device: torch.device, times: ReadingTimes) -> None:
        self._times = times
        self._sums = torch.zeros(3, device=device)
        self._count = 0
        self.restart_clock()

    def add(self, loss: Tensor, accuracy: Tensor, norm: Tensor) -> None:
        """Add an update's values."""
        self._sums += torch.stack([loss, accuracy, norm.to(loss.dtype)])
        self._count += 1
        self._timed += 1

    def restart_clock(self) -> None:
        """Measure the speed from now on (after validation or checkpoints, which take time)."""
        self._timed = 0
        self._times.restart()

    def take(self) -> Interval:
        """Return what was measured since the last call, and begin anew."""
        seconds = max(1e-9, self._times.seconds)
        reading = [self._times.waiting_share(), self._times.crops_per_second()]
        means = torch.cat([self._sums / max(1, self._count), self._sums.new_tensor(reading)])
        interval = Interval(means, self._timed / seconds, seconds)
        self._sums, self._count = torch.zeros_like(self._sums), 0
        self.restart_clock()
        return interval

    def state_dict(self) -> dict[str, Any]:
        """Return the sums, so that a resumed run logs the means of an uninterrupted one."""
        return {"sums": self._sums.cpu(), "count": self._count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the sums from a result of ``state_dict``."""
        self._sums.copy_(state["sums"])
        self._count = state["count"]


class Logs:
    """The logs that the main process writes: train.jsonl, TensorBoard and progress.

    ``advice``: what to do when the training waits for its readers.
    """

    def __init__(
        self, folder: Path, step: int, num_steps: int, tensorboard: bool, advice: str
    ) -> None:
        self._waiting = WaitingWatch(advice)
        self.json = JsonLog(folder / "train.jsonl", step)
        self.tensorboard = TensorBoard(folder / "tensorboard", step, tensorboard)
        self.progress = Progress(num_steps, "steps", done=step)

    def write(self, entry: dict[str, Any]) -> None:
        """Add an entry to train.jsonl and TensorBoard."""
        self.json.write(entry)
        self.tensorboard.write(entry)

    def write_progress(self, seconds: float, readers: dict[str, float], **entry: float) -> None:
        """Add the means of the last steps to the logs and show them beside the progress.

        ``readers``: figures of reading in these ``seconds``: ``waiting_share`` and any others. They
        are a group of their own, as they differ between equal runs.
        """
        if torch.cuda.is_available():
            entry["peak_memory_gib"] = torch.cuda.max_memory_allocated() / 2**30
        self.write({**entry, "readers": readers, "time": round(time.time(), 1)})
        self._waiting.add(seconds, readers["waiting_share"])
        self.progress.describe(
            f"epoch {entry['epoch']:.2f} loss {entry['loss']:.3f} acc {entry['accuracy']:.3f} "
            f"lr {entry['learning_rate']:.2g} {entry['utterances_per_second']:.0f} utt/s "
            f"waiting {100 * readers['waiting_share']:.0f} %"
        )

    def close(self) -> None:
        """Close everything."""
        self.progress.close()
        self.json.close()
        self.tensorboard.close()
