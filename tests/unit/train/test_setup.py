"""What comes before training: arithmetic, random states, fresh weights."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from speakernet.config import UserError, load_config
from speakernet.recipe import Recipe
from speakernet.train import setup
from speakernet.train.config import TrainConfig
from speakernet.train.corpus import Corpus, open_corpus
from speakernet.train.distributed import World
from speakernet.train.setup import (
    build_objective,
    prepare_device,
    random_state,
    set_arithmetic,
    set_random_state,
)
from tests.training.corpus import write_features, write_recipe

CPU = World(rank=0, size=1, local_rank=0, local_size=1, device=torch.device("cpu"))


@pytest.fixture(autouse=True)
def flags() -> Iterator[None]:
    """Set the process's flags back."""
    places = [
        (torch.backends.cudnn, "benchmark"),
        (torch.backends.cudnn, "deterministic"),
        (torch.backends.cudnn, "allow_tf32"),
        (torch.backends.cuda.matmul, "allow_tf32"),
    ]
    before = [getattr(*place) for place in places]
    yield
    for (module, name), value in zip(places, before, strict=True):
        setattr(module, name, value)


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize(("precision", "tf32"), [("fp32", False), ("bf16", True)])
def test_exactness_and_repeatability_are_as_asked(
    deterministic: bool, precision: str, tf32: bool
) -> None:
    set_arithmetic(
        TrainConfig.model_validate({"deterministic": deterministic, "precision": precision})
    )
    assert torch.backends.cudnn.deterministic is deterministic
    assert torch.backends.cudnn.benchmark is not deterministic
    assert torch.backends.cudnn.allow_tf32 is torch.backends.cuda.matmul.allow_tf32 is tf32


def test_random_numbers_go_on_where_they_were() -> None:
    state = random_state()
    drawn = torch.rand(5)
    torch.rand(3)
    set_random_state(state)
    assert torch.equal(torch.rand(5), drawn)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_features(tmp_path_factory.mktemp("setup") / "data")


def corpus_and_recipe(folder: Path, data: Path, **sections: object) -> tuple[Corpus, Recipe]:
    recipe = load_config(Recipe, write_recipe(folder / "recipe.yaml", **sections))
    return open_corpus(data, recipe), recipe


def test_weights_depend_on_the_seed_only(tmp_path: Path, data: Path) -> None:
    weights: list[Tensor] = []
    for seed in (1, 1, 2):
        torch.rand(seed + len(weights))  # what was drawn before does not matter
        corpus, recipe = corpus_and_recipe(tmp_path, data, seed=seed)
        objective = build_objective(recipe, corpus)
        weights.append(torch.cat([p.detach().flatten() for p in objective.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_the_classifier_knows_those_that_are_trained_on(tmp_path: Path, data: Path) -> None:
    corpus, recipe = corpus_and_recipe(tmp_path, data, train={"num_valid_speakers": 2})
    shapes = [p.shape for p in build_objective(recipe, corpus).loss.parameters()]
    assert shapes == [(4, 16)] or shapes == [(16, 4)]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the calls that tell the C library to keep freed memory, as long as the process lives."""
    calls: list[str] = []
    monkeypatch.setattr(setup, "keep_freed_memory", lambda: calls.append("kept"))
    return calls


def test_a_device_is_checked_before_anything_is_set(
    tmp_path: Path, data: Path, kept: list[str]
) -> None:
    _, recipe = corpus_and_recipe(tmp_path, data, train={"precision": "fp16"})
    with pytest.raises(UserError, match="fp16 needs a GPU"):
        prepare_device(recipe, CPU)
    assert kept == []


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
def test_a_device_is_prepared(tmp_path: Path, data: Path, kept: list[str], kind: str) -> None:
    _, recipe = corpus_and_recipe(tmp_path, data, train={"deterministic": False})
    torch.backends.cudnn.deterministic = True
    prepare_device(recipe, replace(CPU, device=torch.device(kind)))
    assert torch.backends.cudnn.deterministic is False
    assert kept == (["kept"] if kind == "cpu" else [])


def test_a_gpu_has_random_numbers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = torch.arange(3)
    restored: list[Tensor] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: numbers)
    monkeypatch.setattr(torch.cuda, "set_rng_state", restored.append)
    state = random_state()
    set_random_state({"torch": state["torch"]})  # of a run on a CPU
    assert restored == []
    set_random_state(state)
    assert restored[0] is numbers
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    set_random_state(state)
    assert len(restored) == 1 and random_state().keys() == {"torch"}
