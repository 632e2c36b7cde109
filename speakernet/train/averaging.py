"""Averages of weights: a moving one during training, a mean of checkpoints afterwards."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.nn.serialize import read_checkpoint, save_model
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.config import TrainConfig

logger = logging.getLogger(__name__)


class MovingAverage:
    """``average = decay * average + (1 - decay) * value`` of weights and running statistics."""

    def __init__(self, model: nn.Module, decay: float | None) -> None:
        self._model = model
        self._decay = decay
        self._average: dict[str, Tensor] = {}
        self.restart()

    def restart(self) -> None:
        """Begin the average at the weights that the model has now."""
        if self._decay is not None:
            self._average = {n: v.detach().clone() for n, v in self._floats().items()}

    def update(self) -> None:
        """Take the weights after an update into the average."""
        if self._decay is not None:
            values = [value.detach() for value in self._floats().values()]
            torch._foreach_lerp_(list(self._average.values()), values, 1 - self._decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let the model have the averaged weights for a while."""
        saved = {name: value.clone() for name, value in self._floats().items()}
        self._copy(self._average)
        try:
            yield
        finally:
            self._copy(saved)

    def state_dict(self) -> dict[str, Tensor]:
        """Return a whole state dict of the averaged model, empty where none is kept."""
        if self._decay is None:
            return {}
        return {**self._model.state_dict(), **self._average}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore what ``state_dict`` returned."""
        for name, value in self._average.items():
            value.copy_(state[name])

    def _floats(self) -> dict[str, Tensor]:
        return {n: v for n, v in self._model.state_dict().items() if v.is_floating_point()}

    @torch.no_grad()
    def _copy(self, values: dict[str, Tensor]) -> None:
        mine = self._floats()
        for name, value in values.items():
            mine[name].copy_(value)


def select_checkpoints(paths: Sequence[Path], last_epochs: int | None = None) -> list[Path]:
    """Return checkpoint files as they are, or those of all (or the last) epochs of an experiment.

    Raises UserError if an experiment has no epochs, and for last epochs of single files.
    """
    if len(paths) == 1 and paths[0].is_dir():
        trained = CheckpointDir(paths[0], keep=0).epochs()
        if not trained:
            raise UserError(f"{paths[0]}/checkpoints: has no epochs")
        return trained[-last_epochs:] if last_epochs else trained
    if last_epochs is not None:
        raise UserError("--last-epochs needs one experiment's directory")
    return list(paths)


def average_checkpoints(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the last checkpoint with the mean of all ``paths``' network weights (in float64).

    The classifier is averaged too if all are for the same speakers; the optimizer's state is left
    out. Raises UserError if the networks differ.
    """
    states = [read_checkpoint(path) for path in paths]
    result = {k: v for k, v in states[-1].items() if k not in ("optimizer", "scaler", "ema")}
    for part in ("model", "loss"):
        result[part] = _mean([state[part] for state in states], paths)
    return result


def _mean(states: Sequence[dict[str, Tensor]], paths: Sequence[Path]) -> dict[str, Tensor]:
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    for path, shape in zip(paths, shapes, strict=True):
        if shape != shapes[0]:
            raise UserError(f"{path}: its weights have other shapes than those of {paths[0]}")
    return {
        name: (
            torch.stack([s[name].double() for s in states]).mean(dim=0).to(value.dtype)
            if value.is_floating_point()
            else value
        )
        for name, value in states[-1].items()
    }


def write_final(checkpoints: CheckpointDir, train: TrainConfig) -> None:
    """Write ``final.pt``, which extraction reads: the last, best or averaged weights."""
    epochs = checkpoints.epochs()
    final = checkpoints.path / "final.pt"
    best = checkpoints.path / "best.pt"
    if train.final == "average":
        save_model(final, average_checkpoints(epochs[-train.average_last :]))
    elif train.ema_decay is not None:
        source = best if train.final == "best" and best.exists() else epochs[-1]
        state = read_checkpoint(source)
        save_model(final, {**state, "model": state["ema"]})
    elif train.final == "best" and best.exists():
        checkpoints.link(best, "final.pt")
    else:
        checkpoints.link(epochs[-1], "final.pt")
    logger.info("%s: the %s weights", final, train.final)
