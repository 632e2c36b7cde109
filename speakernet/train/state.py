"""The state of a run at a step: what checkpoints hold and a resumed run takes up again."""

from pathlib import Path
from typing import Any

from speakernet.data.reading_times import ReadingTimes
from speakernet.nn.serialize import FORMAT_VERSION
from speakernet.train import start
from speakernet.train.averaging import MovingAverage
from speakernet.train.corpus import Corpus
from speakernet.train.distributed import World, gather_objects
from speakernet.train.monitor import Meter
from speakernet.train.objective import Objective
from speakernet.train.plan import Plan, TrainingRecipe
from speakernet.train.setup import random_state, set_random_state
from speakernet.train.update import Updater


class RunState:
    """What changes during a run: weights, optimizer, averages, the step, the best epoch so far.

    ``recipe_text``: the resolved recipe, YAML. ``times``: of reading and waiting.
    """

    def __init__(
        self,
        recipe: TrainingRecipe,
        recipe_text: str,
        objective: Objective,
        corpus: Corpus,
        plan: Plan,
        world: World,
        times: ReadingTimes,
    ) -> None:
        self.recipe, self.recipe_text = recipe, recipe_text
        self.corpus = corpus
        self.data_hash = corpus.utterances.fingerprint()
        self.plan = plan
        self.world = world
        self.objective = objective.to(world.device).train()
        self.updater = Updater(
            self.objective, recipe.train, recipe.optim, world, corpus.crops.front_end
        )
        self.average = MovingAverage(self.objective.model, recipe.train.ema_decay)
        self.meter = Meter(world.device, times)
        self.step = 0
        self.best: dict[str, float] = {}

    def begin(self, init: Path | None) -> None:
        """Begin at step 0 with the weights of ``init`` (see ``load_initial``) or initial ones."""
        if init is not None:
            speakers = list(self.corpus.split.speakers)
            start.load_initial(init, self.objective.model, self.objective.loss, speakers)
        self.updater.broadcast_weights(self.objective)
        self.average.restart()

    def resume(self, path: Path, state: dict[str, Any]) -> None:
        """Go on from the checkpoint ``path``, which holds ``state``.

        Raises UserError if it was made with other data or settings, or does not fit.
        """
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

    def gather(self) -> dict[str, Any] | None:
        """Return what a checkpoint holds, on the main process; all processes must call this."""
        own = gather_objects((random_state(), self.meter.state_dict()), self.world)
        if not self.world.is_main:
            return None
        return self._contents(rng=[rng for rng, _ in own], meters=[meter for _, meter in own])

    def _contents(self, **of_processes: list[dict[str, Any]]) -> dict[str, Any]:
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
