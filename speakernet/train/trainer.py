"""The training loop: updates, validation, checkpoints and logs, until the end or a stop request."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speakernet.data.loader import MicroBatch, MicroBatchDataset, iter_micro_batches
from speakernet.train.averaging import write_final
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.distributed import AsyncMax, all_reduce_mean, barrier
from speakernet.train.monitor import DivergenceDetector, Logs
from speakernet.train.plan import UpdateSettings
from speakernet.train.start import newest_for_all
from speakernet.train.state import RunState
from speakernet.train.stopping import StopRequest
from speakernet.train.update import explain_out_of_memory
from speakernet.train.validation import ValidationResult, validate
from speakernet.train.waiting import reading_advice

logger = logging.getLogger(__name__)

# What to do after an update; the maximum over all processes decides.
_CONTINUE, _SAVE, _SAVE_AND_STOP = 0, 1, 2
# The fp16 gradient scaler halves its scale at each update it skips: below 1 after this many.
_MAX_FP16_SKIPS = 20


class Trainer:
    """A run in ``exp_dir``, one object per process, which changes ``state`` by ``batches``."""

    def __init__(
        self, state: RunState, batches: MicroBatchDataset, exp_dir: Path, stop: StopRequest
    ) -> None:
        self.state, self.batches, self.stop = state, batches, stop
        self.recipe, self.plan = state.recipe, state.plan
        self.corpus, self.world = state.corpus, state.world
        self.exp_dir = exp_dir
        self.checkpoints = CheckpointDir(exp_dir, self.recipe.train.num_kept)

    def begin(self, init: Path | None) -> None:
        """Resume from the newest checkpoint, or start from ``init``, or from initial weights."""
        if self.world.is_main:
            self.checkpoints.prepare()
        barrier(self.world)
        found = newest_for_all(self.checkpoints, self.world)
        if found is not None:
            if init is not None and self.world.is_main:
                logger.info("--init %s is ignored: this run resumes from its own checkpoint", init)
            self._resume(*found)
            return
        self.state.begin(init)
        self._save(epoch_end=True)

    def _resume(self, path: Path, checkpoint: dict[str, Any]) -> None:
        state = self.state
        state.resume(path, checkpoint)
        if self.world.is_main:
            if state.best.get("step") == state.step:
                # The run may have been killed between writing the checkpoint and linking it.
                self.checkpoints.link(path, "best.pt")
            logger.info("continuing %s at step %d of %d", path, state.step, self.plan.num_steps)

    def run(self) -> bool:
        """Train to the end; return False if a stop request came before (the state is saved)."""
        if self.state.step < self.plan.num_steps and not self._train():
            return False
        if self.world.is_main:
            write_final(self.checkpoints, self.recipe.train)
        barrier(self.world)
        return True

    def _train(self) -> bool:
        stream = self._stream()
        scaled = self.recipe.train.precision == "fp16"
        detector = DivergenceDetector(
            self.corpus.data_dir, self._utterances, _MAX_FP16_SKIPS if scaled else 0
        )
        action = AsyncMax(self.world)
        logs = self._open_logs()
        self.state.meter.restart_clock()
        saved = time.monotonic()
        while self.state.step < self.plan.num_steps:
            action.start(self._requested_action(saved))
            settings = self._update(stream, detector)
            agreed = action.result()
            if logs is not None:
                logs.progress.advance()
            if self.state.step % self.recipe.train.log_steps == 0:
                self._log(settings, logs)
            epoch_end = self.state.step % self.plan.steps_per_epoch == 0
            if epoch_end or agreed != _CONTINUE:
                detector.finish()
                self._end_epoch(logs) if epoch_end else self._save(epoch_end=False)
                self.state.meter.restart_clock()
                saved = time.monotonic()
            if agreed == _SAVE_AND_STOP:
                break
        detector.finish()
        if logs is not None:
            logs.close()
        return self.state.step >= self.plan.num_steps

    def _open_logs(self) -> Logs | None:
        if not self.world.is_main:
            return None
        advice = reading_advice(self.recipe.data.num_workers, self.world)
        tensorboard = self.recipe.train.tensorboard
        return Logs(self.exp_dir, self.state.step, self.plan.num_steps, tensorboard, advice)

    def _stream(self) -> Iterator[MicroBatch]:
        accumulate = self.recipe.train.accumulate
        numbers = range(self.state.step * accumulate, self.plan.num_steps * accumulate)
        pin = self.world.device.type == "cuda"
        return iter_micro_batches(self.batches, numbers, self.recipe.data, pin_memory=pin)

    def _requested_action(self, saved: float) -> int:
        """Return what this process requests after the next update; ``saved``: time of last save."""
        if self.stop:
            return _SAVE_AND_STOP
        train = self.recipe.train
        step_due = train.checkpoint_steps and (self.state.step + 1) % train.checkpoint_steps == 0
        time_due = time.monotonic() - saved > 60 * train.checkpoint_minutes
        return _SAVE if step_due or (time_due and self.world.is_main) else _CONTINUE

    def _update(self, stream: Iterator[MicroBatch], detector: DivergenceDetector) -> UpdateSettings:
        state = self.state
        settings = self.plan.settings(state.step)
        state.objective.model.set_temperature(settings.temperature)
        loss, accuracy, norm = state.updater(stream, settings.learning_rate, settings.margin)
        state.average.update()
        state.step += 1
        state.meter.add(loss, accuracy, norm)
        detector.add(state.step, loss, norm)
        return settings

    def _utterances(self, step: int) -> list[str]:
        """Return the utterance ids of this process's part of update ``step`` (from 1)."""
        accumulate = self.recipe.train.accumulate
        numbers = range((step - 1) * accumulate, step * accumulate)
        return [
            self.corpus.utterances.ids[int(r)] for n in numbers for r in self.batches.utterances(n)
        ]

    def _log(self, settings: UpdateSettings, logs: Logs | None) -> None:
        means, speed, seconds = self.state.meter.take()
        loss, accuracy, norm, waiting, crops = all_reduce_mean(means, self.world).tolist()
        if logs is not None:
            logs.write_progress(
                seconds,
                self._reading(waiting, crops * self.world.size),
                step=self.state.step,
                epoch=round(self.state.step / self.plan.steps_per_epoch, 4),
                loss=loss,
                accuracy=accuracy,
                learning_rate=settings.learning_rate,
                margin=settings.margin,
                grad_norm=norm,
                utterances_per_second=round(speed * self.plan.global_batch, 1),
            )

    def _reading(self, waiting: float, crops_per_second: float) -> dict[str, float]:
        """Return the figures of reading, rounded; hits of the cache since training started."""
        figures = {
            "waiting_share": round(waiting, 4),
            "crops_per_second": round(crops_per_second, 1),
        }
        counts = None if self.corpus.cache is None else self.corpus.cache.counts()
        if counts is not None and counts.hits + counts.misses:
            figures["cache_hit_share"] = round(counts.hits / (counts.hits + counts.misses), 4)
        return figures

    def _end_epoch(self, logs: Logs | None) -> None:
        state = self.state
        result = self._validate() if self.world.is_main else None
        improved = False
        if result is not None and logs is not None:
            logs.write({"step": state.step, "valid_eer": result.eer, "valid_loss": result.loss})
            logger.info("step %d: held-out EER %.2f %%", state.step, result.eer)
            improved = result.eer < state.best.get("eer", float("inf"))
            if improved:
                state.best = {"eer": result.eer, "loss": result.loss, "step": float(state.step)}
        path = self._save(epoch_end=True)
        if improved and path is not None:
            self.checkpoints.link(path, "best.pt")

    def _validate(self) -> ValidationResult | None:
        if not len(self.corpus.split.valid_rows):
            return None
        with self.state.average.applied(), explain_out_of_memory(self.recipe.train):
            return validate(
                self.state.objective.model,
                self.corpus.crops,
                self.corpus.split,
                num_frames=2 * self.recipe.data.num_frames,
                scale=self.recipe.loss.cosine_scale,
                precision=self.recipe.train.precision,
                device=self.world.device,
            )

    def _save(self, *, epoch_end: bool) -> Path | None:
        contents, step = self.state.gather(), self.state.step
        if contents is None:
            return None
        if epoch_end:
            return self.checkpoints.save_epoch(self.plan.epoch(step), contents)
        return self.checkpoints.save_step(step, contents)
