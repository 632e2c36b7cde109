"""The training loop: updates, validation, checkpoints and logs, until the end or a stop request."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speakernet.data.loader import BatchLayout, MicroBatch, iter_micro_batches
from speakernet.nn.serialize import FORMAT_VERSION
from speakernet.train import start
from speakernet.train.averaging import MovingAverage, write_final
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.corpus import Corpus, micro_batch_dataset, training_order
from speakernet.train.distributed import AsyncMax, World, all_reduce_mean, barrier, gather_objects
from speakernet.train.monitor import DivergenceDetector, Logs, Meter
from speakernet.train.objective import Objective
from speakernet.train.plan import Plan, TrainingRecipe, UpdateSettings, make_plan
from speakernet.train.setup import random_state, set_random_state
from speakernet.train.stopping import StopRequest
from speakernet.train.update import Updater, explain_out_of_memory
from speakernet.train.validation import ValidationResult, validate
from speakernet.train.waiting import reading_advice

logger = logging.getLogger(__name__)

# What to do after an update; the maximum over all processes decides.
_CONTINUE, _SAVE, _SAVE_AND_STOP = 0, 1, 2
# The fp16 gradient scaler halves its scale at each update it skips: below 1 after this many.
_MAX_FP16_SKIPS = 20


class Trainer:
    """A run in ``exp_dir``, one object per process. ``recipe_text``: the resolved recipe, YAML."""

    def __init__(
        self,
        recipe: TrainingRecipe,
        recipe_text: str,
        objective: Objective,
        corpus: Corpus,
        layout: BatchLayout,
        exp_dir: Path,
        world: World,
        stop: StopRequest,
    ) -> None:
        self.recipe, self.recipe_text = recipe, recipe_text
        self.corpus = corpus
        self.data_hash = corpus.utterances.fingerprint()
        self.exp_dir = exp_dir
        self.world = world
        order = training_order(corpus, recipe, recipe.loss.group_size, layout)
        self.batches = micro_batch_dataset(corpus, order, layout, recipe.seed)
        self.plan: Plan = make_plan(recipe, layout.global_batch, order.epoch_length)
        self.objective = objective.to(world.device).train()
        self.updater = Updater(
            self.objective, recipe.train, recipe.optim, world, corpus.crops.front_end
        )
        self.average = MovingAverage(self.objective.model, recipe.train.ema_decay)
        self.meter = Meter(world.device, self.batches.times)
        self.checkpoints = CheckpointDir(exp_dir, recipe.train.num_kept)
        self.stop = stop
        self.step = 0
        self.best: dict[str, float] = {}

    def begin(self, init: Path | None) -> None:
        """Resume from the newest checkpoint, or start from ``init``, or from initial weights."""
        if self.world.is_main:
            self.checkpoints.prepare()
        barrier(self.world)
        found = start.newest_for_all(self.checkpoints, self.world)
        if found is not None:
            if init is not None and self.world.is_main:
                logger.info("--init %s is ignored: this run resumes from its own checkpoint", init)
            self._resume(*found)
            return
        if init is not None:
            speakers = list(self.corpus.split.speakers)
            start.load_initial(init, self.objective.model, self.objective.loss, speakers)
        self.updater.broadcast_weights(self.objective)
        self.average.restart()
        self._save(epoch_end=True)

    def _resume(self, path: Path, state: dict[str, Any]) -> None:
        speakers = list(self.corpus.split.speakers)
        facts = start.RunFacts(self.recipe_text, speakers, self.data_hash, self.plan.global_batch)
        with start.resuming(path):
            start.check_same_run(path, state, facts)
            self.objective.model.load_state_dict(state["model"])
            self.objective.loss.load_state_dict(state["loss"])
            self.updater.load_state_dict(state)
            self.average.load_state_dict(state["ema"])
            self.step, self.best = state["step"], state["best"]
            rng, meters = state["rng"], state["meters"]
            set_random_state(rng[self.world.rank % len(rng)])
            self.meter.load_state_dict(meters[self.world.rank % len(meters)])
        if self.world.is_main:
            if self.best.get("step") == self.step:
                # The run may have been killed between writing the checkpoint and linking it.
                self.checkpoints.link(path, "best.pt")
            logger.info("continuing %s at step %d of %d", path, self.step, self.plan.num_steps)

    def run(self) -> bool:
        """Train to the end; return False if a stop request came before (the state is saved)."""
        if self.step < self.plan.num_steps and not self._train():
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
        self.meter.restart_clock()
        saved = time.monotonic()
        while self.step < self.plan.num_steps:
            action.start(self._requested_action(saved))
            settings = self._update(stream, detector)
            agreed = action.result()
            if logs is not None:
                logs.progress.advance()
            if self.step % self.recipe.train.log_steps == 0:
                self._log(settings, logs)
            epoch_end = self.step % self.plan.steps_per_epoch == 0
            if epoch_end or agreed != _CONTINUE:
                detector.finish()
                self._end_epoch(logs) if epoch_end else self._save(epoch_end=False)
                self.meter.restart_clock()
                saved = time.monotonic()
            if agreed == _SAVE_AND_STOP:
                break
        detector.finish()
        if logs is not None:
            logs.close()
        return self.step >= self.plan.num_steps

    def _open_logs(self) -> Logs | None:
        if not self.world.is_main:
            return None
        advice = reading_advice(self.recipe.data.num_workers, self.world)
        tensorboard = self.recipe.train.tensorboard
        return Logs(self.exp_dir, self.step, self.plan.num_steps, tensorboard, advice)

    def _stream(self) -> Iterator[MicroBatch]:
        accumulate = self.recipe.train.accumulate
        numbers = range(self.step * accumulate, self.plan.num_steps * accumulate)
        pin = self.world.device.type == "cuda"
        return iter_micro_batches(self.batches, numbers, self.recipe.data, pin_memory=pin)

    def _requested_action(self, saved: float) -> int:
        """Return what this process requests after the next update; ``saved``: time of last save."""
        if self.stop:
            return _SAVE_AND_STOP
        train = self.recipe.train
        step_due = train.checkpoint_steps and (self.step + 1) % train.checkpoint_steps == 0
        time_due = time.monotonic() - saved > 60 * train.checkpoint_minutes
        return _SAVE if step_due or (time_due and self.world.is_main) else _CONTINUE

    def _update(self, stream: Iterator[MicroBatch], detector: DivergenceDetector) -> UpdateSettings:
        settings = self.plan.settings(self.step)
        self.objective.model.set_temperature(settings.temperature)
        loss, accuracy, norm = self.updater(stream, settings.learning_rate, settings.margin)
        self.average.update()
        self.step += 1
        self.meter.add(loss, accuracy, norm)
        detector.add(self.step, loss, norm)
        return settings

    def _utterances(self, step: int) -> list[str]:
        """Return the utterance ids of this process's part of update ``step`` (from 1)."""
        accumulate = self.recipe.train.accumulate
        numbers = range((step - 1) * accumulate, step * accumulate)
        return [
            self.corpus.utterances.ids[int(r)] for n in numbers for r in self.batches.utterances(n)
        ]

    def _log(self, settings: UpdateSettings, logs: Logs | None) -> None:
        means, speed, seconds = self.meter.take()
        loss, accuracy, norm, waiting, crops = all_reduce_mean(means, self.world).tolist()
        if logs is not None:
            logs.write_progress(
                seconds,
                self._reading(waiting, crops * self.world.size),
                step=self.step,
                epoch=round(self.step / self.plan.steps_per_epoch, 4),
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
        result = self._validate() if self.world.is_main else None
        improved = False
        if result is not None and logs is not None:
            logs.write({"step": self.step, "valid_eer": result.eer, "valid_loss": result.loss})
            logger.info("step %d: held-out EER %.2f %%", self.step, result.eer)
            improved = result.eer < self.best.get("eer", float("inf"))
            if improved:
                self.best = {"eer": result.eer, "loss": result.loss, "step": float(self.step)}
        path = self._save(epoch_end=True)
        if improved and path is not None:
            self.checkpoints.link(path, "best.pt")

    def _validate(self) -> ValidationResult | None:
        if not len(self.corpus.split.valid_rows):
            return None
        with self.average.applied(), explain_out_of_memory(self.recipe.train):
            return validate(
                self.objective.model,
                self.corpus.crops,
                self.corpus.split,
                num_frames=2 * self.recipe.data.num_frames,
                scale=self.recipe.loss.cosine_scale,
                precision=self.recipe.train.precision,
                device=self.world.device,
            )

    def _save(self, *, epoch_end: bool) -> Path | None:
        own = gather_objects((random_state(), self.meter.state_dict()), self.world)
        if not self.world.is_main:
            return None
        state = self._state(rng=[rng for rng, _ in own], meters=[meter for _, meter in own])
        if epoch_end:
            return self.checkpoints.save_epoch(self.plan.epoch(self.step), state)
        return self.checkpoints.save_step(self.step, state)

    def _state(self, **of_processes: list[dict[str, Any]]) -> dict[str, Any]:
        corpus = self.corpus
        return {
            "format_version": FORMAT_VERSION,
            "model": self.objective.model.state_dict(),
            "loss": self.objective.loss.state_dict(),
            **self.updater.state_dict(),
            "ema": self.average.state_dict(),
            "step": self.step,
            "epoch": self.plan.epoch(self.step),
            "steps_per_epoch": self.plan.steps_per_epoch,
            "settings": self.plan.settings(self.step).model_dump(),
            "sampler": {
                "seed": self.recipe.seed,
                "samples": self.step * self.plan.global_batch,
                "global_batch": self.plan.global_batch,
            },
            **of_processes,
            "best": self.best,
            "recipe": self.recipe_text,
            "data": self.data_hash,
            "speakers": list(corpus.split.speakers),
            "num_speakers": len(corpus.split.speakers),
            "input_dim": corpus.crops.input_dim,
        }
