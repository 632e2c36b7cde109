"""How a run starts: fresh, from another model's weights (``--init``), or where it stopped."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from speakernet.config import UserError
from speakernet.nn.losses import SpeakerLoss
from speakernet.nn.models import SpeakerModel
from speakernet.nn.serialize import choose_checkpoint
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.distributed import World, gather_objects

logger = logging.getLogger(__name__)

FREE_SETTINGS = {
    "train.epochs",
    "train.num_threads",
    "train.checkpoint_minutes",
    "train.checkpoint_steps",
    "train.keep_checkpoints",
    "train.final",
    "train.average_last",
    "train.log_steps",
    "train.tensorboard",
    "train.compile",
    "train.cuda_graph",
    "train.channels_last",
    "data.num_workers",
    "data.prefetch_batches",
    "data.max_open_arks",
}
"""Settings that may change between a checkpoint and its continuation."""

BATCH_SETTINGS = {"train.batch_size", "train.accumulate"}
"""These may, too, if their product with the number of processes stays the same."""

_NEEDED = ("model", "loss", "optimizer", "scaler", "ema", "step", "rng", "sampler", "recipe")
_FREE_SECTIONS = ("extraction", "scoring")


def load_initial(source: Path, model: SpeakerModel, loss: SpeakerLoss, names: list[str]) -> None:
    """Copy the weights of a checkpoint (or of an experiment's newest) into ``model`` and ``loss``.

    The classifier is taken over if it is for the same speakers and of the same shape; otherwise
    the fresh one stays, and the log says so. Raises UserError if the network is another one.
    """
    path, state = choose_checkpoint(source)
    weights = state.get("ema") or state["model"]
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path}: its network is not this recipe's: {reason}") from None
    reason = _why_new_classifier(state, loss, names)
    if reason:
        logger.warning("%s: the classifier is made anew: %s", path, reason)
    else:
        loss.load_state_dict(state["loss"])
        logger.info("weights of network and classifier from %s", path)


def _why_new_classifier(state: dict[str, Any], loss: SpeakerLoss, names: list[str]) -> str:
    old = list(state.get("speakers", ()))
    if old != names:
        common = len(set(old) & set(names))
        return f"its {len(old)} speakers are not these {len(names)} ({common} are in both)"
    mine = {name: tuple(value.shape) for name, value in loss.state_dict().items()}
    theirs = {name: tuple(value.shape) for name, value in state.get("loss", {}).items()}
    return "" if mine == theirs else "the loss has another shape"


def newest_for_all(checkpoints: CheckpointDir, world: World) -> tuple[Path, dict[str, Any]] | None:
    """Return the newest whole checkpoint; UserError if the processes do not find the same."""
    found = checkpoints.newest()
    steps = gather_objects(None if found is None else found[1].get("step"), world)
    if len(set(steps)) > 1:
        raise UserError(
            f"{checkpoints.path}: the processes find checkpoints of different steps there, "
            f"{steps}; expected a folder that all machines share"
        )
    return found


class RunFacts(NamedTuple):
    """What must not change while a run goes on; ``data`` is a hash of its utterances."""

    recipe_text: str
    speakers: list[str]
    data: str
    global_batch: int


def check_same_run(path: Path, state: dict[str, Any], facts: RunFacts) -> None:
    """Refuse to continue a checkpoint with other data or settings than it was made with."""
    missing = [key for key in _NEEDED if key not in state]
    if missing:
        raise UserError(f"{path}: lacks '{missing[0]}': nothing to continue, start with --init")
    recipe_text, names, data, global_batch = facts
    changes = _changes(yaml.safe_load(state["recipe"]), yaml.safe_load(recipe_text))
    if changes:
        raise UserError(
            f"{path}: was made with other settings: {'; '.join(changes)}; train into another "
            "directory, or remove the checkpoints to start anew"
        )
    if state["speakers"] != names:
        raise UserError(
            f"{path}: was made with {len(state['speakers'])} other training speakers than the "
            f"{len(names)} of the data; fine-tune with --init in another directory instead"
        )
    if state.get("data", data) != data:
        raise UserError(
            f"{path}: was made with other utterances than utt2spk has now; train into another "
            "directory, or remove the checkpoints to start anew"
        )
    old = state["sampler"]["global_batch"]
    if old != global_batch:
        raise UserError(
            f"{path}: its updates saw {old} utterances, these would see {global_batch}; choose "
            "processes, train.batch_size and train.accumulate with the same product"
        )


def _changes(old: Any, new: Any, key: str = "") -> list[str]:
    """Return ``key: old -> new`` for each setting that matters."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [k for k in {**old, **new} if key or k not in _FREE_SECTIONS]
        inner = [_changes(old.get(k), new.get(k), f"{key}.{k}" if key else k) for k in keys]
        return [change for changes in inner for change in changes]
    if old == new or key in FREE_SETTINGS | BATCH_SETTINGS:
        return []
    return [f"{key} was {old!r}, is {new!r}"]
