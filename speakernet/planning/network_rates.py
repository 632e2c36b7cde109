"""How fast this machine trains and runs a recipe's network: measured on random input."""

import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from speakernet.data.loader import MicroBatch
from speakernet.nn.host_memory import keep_freed_memory
from speakernet.nn.losses import build_loss
from speakernet.nn.models import build_model
from speakernet.recipe import Recipe
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World
from speakernet.train.objective import Objective, check_precision
from speakernet.train.setup import set_arithmetic
from speakernet.train.update import Updater

_ENOUGH_S = 1.0
_TOO_SLOW_S = 10.0  # for three calls more
_MAX_CALLS = 20
_EMBEDDED_FRAMES = 300
_FRAMES_PER_S = 100
_STEP, _WINDOW = 160, 400  # samples
_FLOAT_BYTES = 4
_VALUES_OF_A_WEIGHT = 2  # itself and its momentum
_SMALL_BATCH = 2


@dataclass(frozen=True)
class NetworkRates:
    """Wall seconds of one process: ``train`` for an utterance of an update, ``embed`` for a second
    of audio. ``memory``: of a training process, bytes. ``weights``: bytes of a checkpoint.
    """

    train: float
    embed: float
    memory: float
    weights: float
    embedding_dim: int
    device: str
    is_gpu: bool


NO_NETWORK_RATES = NetworkRates(0.0, 0.0, 0.0, 0.0, 256, "", is_gpu=False)


def measure_network(recipe: Recipe, input_dim: int, num_classes: int, threads: int) -> NetworkRates:
    """Train a few utterances of random input, and embed some. On a CPU, few utterances make a
    batch, and memory is computed for the recipe's. Raises UserError for a precision that the device
    does not have.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    check_precision(recipe.train.precision, device)
    if device.type == "cpu":
        keep_freed_memory()
    set_arithmetic(recipe.train)
    model = build_model(recipe.model, input_dim=input_dim)
    loss = build_loss(recipe.loss, embedding_dim=model.embedding_dim, num_classes=num_classes)
    objective = Objective(model, loss, recipe.train).to(device)
    torch.set_num_threads(threads)
    train, memory = _measure_training(recipe, objective, (input_dim, num_classes), device)
    torch.set_num_threads(1)
    embed = _measure_embedding(objective, recipe, input_dim, device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{threads} threads"
    weights = sum(p.numel() for p in objective.parameters()) * _FLOAT_BYTES * _VALUES_OF_A_WEIGHT
    is_gpu = device.type == "cuda"
    dim = model.embedding_dim
    return NetworkRates(train, embed, memory, float(weights), dim, name, is_gpu)


def _measure_training(
    recipe: Recipe, objective: Objective, dims: tuple[int, int], device: torch.device
) -> tuple[float, float]:
    """Return the seconds for an utterance, and the bytes of a process."""
    train = _calibration(recipe, device)
    updater = Updater(objective.train(), train, recipe.optim, World(0, 1, 0, 1, device))
    batches = _batches(recipe, *dims, train.batch_size)
    before = _peak_bytes(device)
    seconds = _fastest(lambda: float(updater(batches, 0.0, 0.0)[0]))  # waits for the device
    grown = _peak_bytes(device) - before
    memory = before + grown * recipe.train.batch_size / train.batch_size
    return seconds / train.batch_size, memory


def _calibration(recipe: Recipe, device: torch.device) -> TrainConfig:
    """Return training settings of single micro-batches, small ones on a CPU; nothing is compiled,
    which would take minutes.
    """
    group = recipe.loss.group_size
    small = min(recipe.train.batch_size, group * -(-_SMALL_BATCH // group))
    size = recipe.train.batch_size if device.type == "cuda" else small
    changes = {"batch_size": size, "accumulate": 1, "compile": False, "cuda_graph": False}
    return recipe.train.model_copy(update=changes)


def _batches(recipe: Recipe, input_dim: int, num_classes: int, size: int) -> Iterator[MicroBatch]:
    """Yield one batch again and again, of speakers in groups as the loss compares them."""
    torch.manual_seed(0)
    inputs = torch.randn(_shape(recipe, input_dim, size, recipe.data.num_frames))
    labels = torch.arange(size) // recipe.loss.group_size % num_classes
    while True:
        yield MicroBatch(inputs, labels)


def _shape(recipe: Recipe, input_dim: int, size: int, num_frames: int) -> tuple[int, ...]:
    if recipe.uses_waveform:
        return size, _STEP * num_frames + _WINDOW - _STEP
    return size, num_frames, input_dim


def _measure_embedding(
    objective: Objective, recipe: Recipe, input_dim: int, device: torch.device
) -> float:
    """Return the seconds for a second of audio, one utterance at a time."""
    inputs = torch.randn(_shape(recipe, input_dim, 1, _EMBEDDED_FRAMES)).to(device)
    model = objective.model.eval()
    with torch.inference_mode():
        seconds = _fastest(lambda: float(model(inputs).sum()))
    return seconds * _FRAMES_PER_S / _EMBEDDED_FRAMES


def _fastest(function: Callable[[], float]) -> float:
    """Return the least wall seconds of some calls; the first ones of a process are slow."""
    times: list[float] = []
    while sum(times) < (_ENOUGH_S if len(times) > 3 else _TOO_SLOW_S) and len(times) < _MAX_CALLS:
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times)


def _peak_bytes(device: torch.device) -> float:
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0
