"""Averages of weights: exponential moving average during training, mean of checkpoints after it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from speakernet.config import UserError
from speakernet.nn.serialize import read_checkpoint, save_model
from speakernet.nn.weights import mismatch
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.config import TrainConfig

logger = logging.getLogger(__name__)


class MovingAverage:
    """Exponential moving average of weights and of batch norms' running statistics.

    average = decay * average + (1 - decay) * value; with ``decay`` None no average is kept.
    """

    def __init__(self, model: nn.Module, decay: float | None) -> None:
        self._model = model
        self._decay = decay
        self._average: dict[str, Tensor] = {}
        self.restart()

    def restart(self) -> None:
        """Reset the average to the present weights of the model."""
        if self._decay is not None:
            self._average = {n: v.detach().clone() for n, v in self._float_tensors().items()}

    def update(self) -> None:
        """Add the present weights of the model to the average; call it after each update."""
        if self._decay is not None:
            values = [value.detach() for value in self._float_tensors().values()]
            torch._foreach_lerp_(list(self._average.values()), values, 1 - self._decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Context manager: the model has the averaged weights within the block."""
        saved = {name: value.clone() for name, value in self._float_tensors().items()}
        self._copy_to_model(self._average)
        try:
            yield
        finally:
            self._copy_to_model(saved)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state dict of a model with the averaged weights, empty if none are kept."""
        if self._decay is None:
            return {}
        return {**self._model.state_dict(), **self._average}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore the average from a result of ``state_dict``."""
        for name, value in self._average.items():
            value.copy_(state[name])

    def _float_tensors(self) -> dict[str, Tensor]:
        return {n: v for n, v in self._model.state_dict().items() if v.is_floating_point()}

    @torch.no_grad()
    def _copy_to_model(self, values: dict[str, Tensor]) -> None:
        tensors = self._float_tensors()
        for name, value in values.items():
            tensors[name].copy_(value)


def select_checkpoints(paths: Sequence[Path], last_epochs: int | None = None) -> list[Path]:
    """Return the checkpoints in ``paths``: files, or one experiment of which all epochs count.

    ``last_epochs``: only that many epochs of the experiment. Raises UserError if it has none, or if
    ``last_epochs`` is given with files.
    """
    if len(paths) == 1 and paths[0].is_dir():
        trained = CheckpointDir(paths[0], keep=0).epochs()
        if not trained:
            raise UserError(f"{paths[0]}/checkpoints: has no epochs")
        return trained[-last_epochs:] if last_epochs else trained
    if last_epochs is not None:
        raise UserError("--last-epochs needs the directory of one experiment instead of files")
    return list(paths)


def average_checkpoints(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the last checkpoint with the mean of the weights of all ``paths`` (in float64).

    Averages network and classifier; the optimizer's state is left out. Raises UserError if their
    shapes differ.
    """
    if not paths:
        raise UserError("there are no checkpoints to average")
    states = [read_checkpoint(path) for path in paths]
    result = {k: v for k, v in states[-1].items() if k not in ("optimizer", "scaler", "ema")}
    for part in ("model", "loss"):
        result[part] = _mean([state.get(part, {}) for state in states], paths)
    return result


def _mean(states: Sequence[dict[str, Tensor]], paths: Sequence[Path]) -> dict[str, Tensor]:
    for path, state in zip(paths, states, strict=True):
        problem = mismatch(state, states[0])
        if problem:
            raise UserError(f"{path}: its weights differ from those of {paths[0]}: {problem}")
    return {
        name: (
            torch.stack([s[name].double() for s in states]).mean(dim=0).to(value.dtype)
            if value.is_floating_point()
            else value
        )
        for name, value in states[-1].items()
    }


def write_final(checkpoints: CheckpointDir, train: TrainConfig) -> None:
    """Write ``final.pt``, the checkpoint for extraction: the last, best or averaged weights."""
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
