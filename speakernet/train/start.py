"""Starting a run: from another model's weights (``--init``), or resuming from a checkpoint."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from speakernet.config import UserError, parse_plain
from speakernet.nn.losses import SpeakerLoss
from speakernet.nn.models import SpeakerModel
from speakernet.nn.serialize import choose_checkpoint
from speakernet.nn.weights import mismatch
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
    "data.cache_mib",
    "data.num_workers",
    "data.prefetch_batches",
    "data.max_open_arks",
}
"""Settings that a resumed run may change."""

BATCH_SETTINGS = {"train.batch_size", "train.accumulate"}
"""Settings that a resumed run may change if the global batch (their product with the number of
processes) stays the same."""

_STATES = ("model", "loss", "optimizer", "scaler", "ema", "rng", "meters")
_REQUIRED_KEYS = (*_STATES, "step", "sampler", "recipe")
_FREE_SECTIONS = ("extraction", "scoring")


def load_initial(source: Path, model: SpeakerModel, loss: SpeakerLoss, speakers: list[str]) -> None:
    """Copy the weights of a checkpoint (or of an experiment's newest) into ``model`` and ``loss``.

    Of the classifier those rows are copied that belong to ``speakers``. If it lacks one of them, or
    has another shape, ``loss`` keeps its initial weights, with a warning. Raises UserError if the
    network is a different one.
    """
    path, state = choose_checkpoint(source)
    weights = state.get("ema") or state["model"]
    problem = mismatch(weights, model.state_dict())
    if problem:
        raise UserError(f"{path}: its network differs from this recipe's: {problem}")
    model.load_state_dict(weights)
    old = list(state.get("speakers", ()))
    common = set(old) & set(speakers)
    classifier = _rows_of(state.get("loss", {}), old, speakers)
    reason = mismatch(classifier, loss.state_dict())
    if len(common) < len(speakers):
        reason = f"it has {len(old)} speakers, the data {len(speakers)} ({len(common)} in common)"
    if reason:
        logger.warning("%s: its classifier is not copied: %s", path, reason)
        return
    loss.load_state_dict(classifier)
    part = "" if len(old) == len(speakers) else f", of {len(speakers)} of its {len(old)} speakers,"
    logger.info("weights of network and classifier%s from %s", part, path)


def _rows_of(
    loss: Mapping[str, Tensor], old: list[str], speakers: list[str]
) -> Mapping[str, Tensor]:
    """Return the weights ``loss``, whose rows belong to ``old``, with the rows of ``speakers``.

    A speaker may have several rows, its centers. What has no row for each stays as it is.
    """
    if old == speakers or not set(speakers) <= set(old):
        return loss
    number = {name: index for index, name in enumerate(old)}
    places = torch.tensor([number[name] for name in speakers])
    return {
        name: value.unflatten(0, (len(old), -1))[places].flatten(0, 1)
        if value.ndim and len(value) % len(old) == 0
        else value
        for name, value in loss.items()
    }


def newest_for_all(checkpoints: CheckpointDir, world: World) -> tuple[Path, dict[str, Any]] | None:
    """Return the newest undamaged checkpoint, the same on all processes.

    Raises UserError if the processes find different ones.
    """
    found = checkpoints.newest()
    steps = gather_objects(None if found is None else found[1].get("step"), world)
    if len(set(steps)) > 1:
        raise UserError(
            f"{checkpoints.path}: the processes find checkpoints of different steps there, "
            f"{steps}; expected a folder on a file system that all machines share"
        )
    return found


class RunFacts(NamedTuple):
    """What a resumed run must have in common with its checkpoint.

    recipe_text: the resolved recipe as YAML. data: fingerprint of the utterances and speakers.
    """

    recipe_text: str
    speakers: list[str]
    data: str
    global_batch: int


def check_same_run(path: Path, state: dict[str, Any], facts: RunFacts) -> None:
    """Raise UserError if a checkpoint was made with other data or settings than this run has."""
    missing = [key for key in _REQUIRED_KEYS if key not in state]
    if missing:
        raise UserError(
            f"{path}: lacks '{missing[0]}': training cannot be resumed from it; use its weights in "
            "another directory with --init"
        )
    recipe_text, speakers, data, global_batch = facts
    changes = _list_changes(
        parse_plain(state["recipe"], f"{path}: its recipe"), parse_plain(recipe_text, "the recipe")
    )
    if changes:
        raise UserError(
            f"{path}: was made with other settings: {'; '.join(changes)}; undo this, or train into "
            "another directory"
        )
    if state["speakers"] != speakers:
        raise UserError(
            f"{path}: was made with {len(state['speakers'])} other training speakers than the "
            f"{len(speakers)} of the data; fine-tune with --init in another directory instead"
        )
    if state.get("data", data) != data:
        raise UserError(
            f"{path}: was made with other utterances than utt2spk has now; undo this, or train "
            "into another directory"
        )
    old = state["sampler"]["global_batch"]
    if old != global_batch:
        raise UserError(
            f"{path}: was made with {old} utterances per update, this run has {global_batch}; "
            "choose processes, train.batch_size and train.accumulate with the same product"
        )


@contextmanager
def resuming(path: Path) -> Iterator[None]:
    """Context manager: fields of a checkpoint that do not fit this run are a UserError."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(
            f"{path}: training cannot be resumed from it: {reason}; use its weights in another "
            "directory with --init"
        ) from None


def _list_changes(old: Any, new: Any, key: str = "") -> list[str]:
    """Return a message for each changed setting that a resumed run must not change."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [k for k in {**old, **new} if key or k not in _FREE_SECTIONS]
        inner = [_list_changes(old.get(k), new.get(k), f"{key}.{k}" if key else k) for k in keys]
        return [change for changes in inner for change in changes]
    if old == new or key in FREE_SETTINGS | BATCH_SETTINGS:
        return []
    return [f"{key} was {old!r}, is {new!r}"]
