"""Setting up a run: the device, a randomly initialised network and loss, random states."""

from typing import Any

import torch

from speakernet.nn.host_memory import keep_freed_memory
from speakernet.nn.losses import build_loss
from speakernet.nn.models import build_model
from speakernet.train.config import TrainConfig
from speakernet.train.corpus import Corpus
from speakernet.train.distributed import World
from speakernet.train.objective import Objective, check_precision
from speakernet.train.plan import TrainingRecipe


def build_objective(recipe: TrainingRecipe, corpus: Corpus) -> Objective:
    """Build network and loss, initialised by the recipe's seed."""
    torch.manual_seed(recipe.seed)
    model = build_model(recipe.model, input_dim=corpus.crops.input_dim)
    loss = build_loss(
        recipe.loss,
        embedding_dim=model.embedding_dim,
        num_classes=len(corpus.split.speakers),
    )
    return Objective(model, loss, recipe.train)


def prepare_device(recipe: TrainingRecipe, world: World) -> None:
    """Check the precision, and set memory and arithmetic options; raises UserError."""
    check_precision(recipe.train.precision, world.device)
    if world.device.type == "cpu":
        keep_freed_memory()
    set_arithmetic(recipe.train)


def set_arithmetic(config: TrainConfig) -> None:
    """Set determinism and TensorFloat-32 of CUDA's libraries."""
    torch.backends.cudnn.benchmark = not config.deterministic
    torch.backends.cudnn.deterministic = config.deterministic
    # TensorFloat-32 has a mantissa of 10 bits: precision fp32 must not use it.
    tf32 = config.precision != "fp32"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32


def random_state() -> dict[str, Any]:
    """Return the state of torch's random generators in this process."""
    state: dict[str, Any] = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Restore the generators from a result of ``random_state``."""
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
