"""What a run begins with, and when it may not go on."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

from speakernet.config import UserError
from speakernet.nn.serialize import save_model
from speakernet.train import start
from speakernet.train.checkpoint import CheckpointDir
from speakernet.train.distributed import World
from speakernet.train.start import (
    FREE_SETTINGS,
    RunFacts,
    check_same_run,
    load_initial,
    newest_for_all,
)

RECIPE: dict[str, Any] = {
    "seed": 1,
    "model": {"name": "tdnn_c8"},
    "train": {"epochs": 3, "batch_size": 8, "accumulate": 2, "ema_decay": None},
    "data": {"num_workers": 2, "num_frames": 40},
    "scoring": {"top_n": 8},
}
FACTS = RunFacts(yaml.safe_dump(RECIPE), ["a", "b"], "0123", 16)


def state(**changes: Any) -> dict[str, Any]:
    """What a checkpoint of this run holds."""
    whole = {
        **{key: {} for key in ("model", "loss", "optimizer", "scaler", "ema", "step")},
        "rng": [],
        "meters": [],
        "recipe": FACTS.recipe_text,
        "speakers": FACTS.speakers,
        "data": FACTS.data,
        "sampler": {"global_batch": FACTS.global_batch},
    }
    return {**whole, **changes}


def changed(key: str, value: object) -> str:
    """The recipe with ``section.key`` at another value."""
    section, _, name = key.partition(".")
    inner = {**RECIPE.get(section, {}), name: value} if name else value
    return yaml.safe_dump({**RECIPE, section: inner})


def test_the_same_run_may_go_on() -> None:
    check_same_run(Path("x.pt"), state(), FACTS)


@pytest.mark.parametrize(
    "key",
    [
        *sorted(FREE_SETTINGS),
        "train.batch_size",
        "train.accumulate",
        "scoring.top_n",
        "extraction.mode",
    ],
)
def test_what_changes_no_update_may_change(key: str) -> None:
    check_same_run(Path("x.pt"), state(), FACTS._replace(recipe_text=changed(key, 1)))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("seed", 2, "seed was 1, is 2"),
        ("model.name", "tdnn_c16", "model.name was 'tdnn_c8', is 'tdnn_c16'"),
        ("data.num_frames", 50, "data.num_frames was 40, is 50"),
        ("train.ema_decay", 0.9, "train.ema_decay was None, is 0.9"),
        ("optim", {"name": "adam"}, "optim was None, is {'name': 'adam'}"),
    ],
)
def test_other_settings_are_another_run(key: str, value: object, message: str) -> None:
    with pytest.raises(UserError) as caught:
        check_same_run(Path("x.pt"), state(), FACTS._replace(recipe_text=changed(key, value)))
    assert str(caught.value).startswith(
        f"x.pt: was made with other settings: {message}; undo this, or train into another"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"speakers": ["a", "c"]},
            "was made with 2 other training speakers than the 2 of the data",
        ),
        ({"data": "4567"}, "was made with other utterances than utt2spk has now"),
        (
            {"sampler": {"global_batch": 8}},
            "was made with 8 utterances per update, this run has",
        ),
    ],
)
def test_other_data_are_another_run(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=f"^x.pt: {message}"):
        check_same_run(Path("x.pt"), state(**changes), FACTS)


@pytest.mark.parametrize("key", ["optimizer", "rng", "meters", "sampler", "recipe"])
def test_a_final_model_alone_is_nothing_to_go_on_from(key: str) -> None:
    lacking = {name: value for name, value in state().items() if name != key}
    with pytest.raises(UserError, match=f"x.pt: lacks '{key}': training cannot be resumed"):
        check_same_run(Path("x.pt"), lacking, FACTS)


def filled(inputs: int, outputs: int, value: float) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    for parameter in layer.parameters():
        nn.init.constant_(parameter, value)
    return layer


def initial(folder: Path, **changes: Any) -> Path:
    """Write a checkpoint of a network of fives and a classifier of sevens for speakers a and b."""
    path = folder / "checkpoints/final.pt"
    path.parent.mkdir(exist_ok=True)
    parts = {"model": filled(3, 4, 5).state_dict(), "loss": filled(4, 2, 7).state_dict()}
    save_model(path, {**parts, "speakers": ["a", "b"], **changes})
    return path


def load(source: Path, names: list[str]) -> tuple[float, float]:
    """Return what network and classifier are made of then; fresh ones are of zeros."""
    model, loss = filled(3, 4, 0), filled(4, 2, 0)
    load_initial(source, model, loss, names)  # type: ignore[arg-type]
    return model.weight[0, 0].item(), loss.weight[0, 0].item()


def test_network_and_classifier_are_taken_over(tmp_path: Path) -> None:
    path = initial(tmp_path)
    assert load(path, ["a", "b"]) == load(tmp_path, ["a", "b"]) == (5, 7)


def test_averaged_weights_are_taken_where_there_are_any(tmp_path: Path) -> None:
    initial(tmp_path, ema=filled(3, 4, 6).state_dict())
    assert load(tmp_path, ["a", "b"]) == (6, 7)


def test_fewer_speakers_or_others_first_take_their_rows(tmp_path: Path) -> None:
    """Two centers each, as fine-tuning without the copies at other speeds has it."""
    weight = torch.arange(6.0).unsqueeze(1).repeat(1, 4)
    old = {"weight": weight, "bias": torch.arange(6.0)}
    initial(tmp_path, loss=old, speakers=["a", "b", "c"])
    loss = filled(4, 4, 0)
    load_initial(tmp_path, filled(3, 4, 0), loss, ["c", "a"])  # type: ignore[arg-type]
    assert loss.bias.tolist() == loss.weight[:, 0].tolist() == [4, 5, 0, 1]


@pytest.mark.parametrize(
    ("changes", "names", "reason"),
    [
        (
            {},
            ["a", "c"],
            "it has 2 speakers, the data 2 (1 in common)",
        ),
        (
            {"speakers": ["a"]},
            ["a", "b"],
            "it has 1 speakers, the data 2 (1 in common)",
        ),
        ({"loss": filled(4, 3, 7).state_dict()}, ["a", "b"], "'weight' is (3, 4); expected (2, 4)"),
        ({"loss": {}}, ["a", "b"], "lacks 'bias'"),
    ],
)
def test_another_classifier_is_made_anew_and_said(
    tmp_path: Path,
    changes: dict[str, Any],
    names: list[str],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = initial(tmp_path, **changes)
    assert load(tmp_path, names) == (5, 0)
    assert caplog.messages == [f"{path}: its classifier is not copied: {reason}"]


def test_another_network_is_an_error(tmp_path: Path) -> None:
    path = initial(tmp_path, model=filled(9, 4, 5).state_dict())
    with pytest.raises(UserError) as caught:
        load(tmp_path, ["a", "b"])
    assert str(caught.value).startswith(f"{path}: its network differs from this recipe's: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("others", "agree"), [(24, True), (20, False), (None, False)])
def test_all_processes_must_find_the_same(
    tmp_path: Path, others: int | None, agree: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = CheckpointDir(tmp_path, keep=1)
    checkpoints.prepare()
    path = checkpoints.save_step(24, {"model": {"w": torch.ones(1)}, "step": 24})
    world = World(rank=0, size=2, local_rank=0, local_size=1, device=torch.device("cpu"))
    monkeypatch.setattr(start, "gather_objects", lambda mine, _: [mine, others])
    if agree:
        found = newest_for_all(checkpoints, world)
        assert found is not None and found[0] == path
    else:
        with pytest.raises(UserError, match=r"different steps there, \[24, (20|None)\]; expected"):
            newest_for_all(checkpoints, world)
