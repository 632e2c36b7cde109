"""A recipe refuses what nothing would read: for every named thing, the options of all others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from speakernet.config import Choices, UserError, dump_config, load_config
from speakernet.config.build import build
from speakernet.config.tree import Tree, merge, to_tree
from speakernet.data.config import ORDERS
from speakernet.nn.losses import LOSSES
from speakernet.nn.models import MODELS
from speakernet.nn.pooling import POOLINGS
from speakernet.optim.optimizers import OPTIMIZERS
from speakernet.optim.schedules import SCHEDULES
from speakernet.recipe import Recipe

SMALLEST = {"model": "tdnn_c8", "loss": "cm"}
# Where each kind of named thing stands in a recipe.
CHOICES: dict[str, Choices[Any, Any]] = {
    "data.order": ORDERS,
    "loss": LOSSES,
    "model": MODELS,
    "model.pooling": POOLINGS,
    "optim": OPTIMIZERS,
    "schedule.learning_rate": SCHEDULES,
    "schedule.margin": SCHEDULES,
    "schedule.temperature": SCHEDULES,
}


class Case(NamedTuple):
    """An entry of a recipe's choice, and an option of another entry that it lacks."""

    key: str
    name: str
    option: str


def names_of(choices: Choices[Any, Any]) -> list[str]:
    return MODELS.examples() if choices is MODELS else choices.names()


def foreign_options() -> Iterator[Case]:
    for key, choices in CHOICES.items():
        every = {field for entry in choices.entries() for field in entry.options.model_fields}
        for name in names_of(choices):
            for option in sorted(every - set(choices.options(name).model_fields)):
                yield Case(key, name, option)


def nested(key: str, value: object) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def read(*changes: dict[str, Any]) -> Recipe:
    """Return the smallest recipe with ``changes``, each written as a file of its own."""
    tree: Tree = {}
    for number, change in enumerate((SMALLEST, *changes)):
        tree = merge(tree, to_tree(change, f"file{number}"), Recipe)
    return build(Recipe, tree, "recipe")


@pytest.mark.parametrize("case", list(foreign_options()), ids=lambda case: ".".join(case))
def test_an_option_of_another_is_refused(case: Case) -> None:
    choices = CHOICES[case.key]
    section = {choices.tag: case.name, case.option: 1}
    with pytest.raises(UserError) as caught:
        read(nested(case.key, section))
    assert str(caught.value).startswith(
        f"file1: unknown key '{case.key}.{case.option}' of {choices.kind} '{case.name}'"
    )


@pytest.mark.parametrize("key", CHOICES)
def test_a_name_alone_is_enough_and_its_options_may_be_written(key: str) -> None:
    choices = CHOICES[key]
    for name in names_of(choices):
        options = choices.options(name)(**{choices.tag: name})
        assert getattr(options, choices.tag) == name
        written = options.model_dump(mode="json")
        tree = merge({}, to_tree(nested("x", written)["x"], "file"), type(options))
        assert build(type(options), tree, "file") == options


@pytest.mark.parametrize("key", CHOICES)
def test_options_of_a_base_do_not_leak_into_another_thing(key: str) -> None:
    choices = CHOICES[key]
    names = names_of(choices)
    for base, name in zip(names, names[1:] + names[:1], strict=True):
        written = choices.options(base)(**{choices.tag: base}).model_dump(mode="json")
        tree = merge({}, to_tree(nested(key, written), "base"), Recipe)
        changed = merge(tree, to_tree(nested(key, {choices.tag: name}), "file"), Recipe)
        alone = merge({}, to_tree(nested(key, {choices.tag: name}), "file"), Recipe)
        assert changed == alone or key == "model.pooling"


GROUPED = {"loss": "ge2e", "data": {"order": "speaker_groups"}}
WAVEFORM = {"features": "waveform", "model": "resnet10_eighth", "data": {"cmn_window": None}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": "waveform"}, "'features': model 'tdnn_c8' reads features; expected a name"),
        ({**WAVEFORM, "features": "fbank80"}, "model 'resnet10_eighth' reads waveform; expected w"),
        ({"data": {"online_augment": {}}}, "'data.online_augment': changes audio; it needs feat"),
        ({"seed": -1}, "'seed': expected greater than or equal to 0"),
        ({"seed": 2**63}, "'seed': expected less than or equal to 9223372036854775807"),
        ({"data": {"num_workers": 70000}}, "'data.num_workers': expected less than or equal to"),
        ({"loss": "ge2e"}, "'data.order': loss 'ge2e' compares 2 utterances of each speaker; exp"),
        ({"data": {"order": "speaker_groups"}}, "'data.order': loss 'cm' compares no utterances"),
        ({"train": {"batch_size": 1}}, "'train.batch_size': batch normalisation of one utterance"),
        ({**GROUPED, "train": {"batch_size": 7}}, "'train.batch_size': loss 'ge2e' compares 2"),
        ({**GROUPED, "scoring": {"cohort": "class_weights"}}, "'scoring.cohort': loss 'ge2e' has"),
        ({"loss": "softmax", "schedule": {"margin": "constant"}}, "'schedule.margin': loss 'soft"),
        ({"schedule": {"margin": None}}, "'schedule.margin': loss 'cm' has a margin; expected a s"),
        ({"schedule": {"temperature": "constant"}}, "'schedule.temperature': model 'tdnn_c8' has"),
        ({"extraction": {"mode": "crops"}}, "'scoring.similarity': 'cosine' does not fit extr"),
        ({"scoring": {"similarity": "crop_distance"}}, "'scoring.normalization': crop_distance h"),
        ({"extraction": {"num_crops": 3}}, "'extraction.num_crops': is read only with mode: crop"),
        ({"extraction": {"mode": "crops", "min_frames": 3}}, "'extraction.min_frames': is read o"),
        ({"extraction": {"mode": "whole", "chunk_frames": 3}}, "'extraction.chunk_frames': is re"),
        ({"train": {"average_last": 3}}, "'train.average_last': is read only with final: average"),
        ({"train": {"num_valid_utterances": 3}}, "'train.num_valid_utterances': is read only with"),
        ({"train": {"final": "best"}}, "'train.final': best needs validation: expected num_valid"),
        ({"train": {"final": "average", "ema_decay": 0.9}}, "'train.final': ema_decay is an aver"),
        ({"optim": {"nesterov": True, "momentum": 0}}, "'optim.nesterov': is a form of momentum"),
        ({"optim": {"name": "adam", "betas": [0.9, 1]}}, "'optim.betas.1': expected less"),
        (
            {"schedule": {"learning_rate": {"type": "warmup_hold_halve", "decay_until": 2}}},
            "'schedule.learning_rate.hold_until': expected warmup_epochs <= hold_until <= decay",
        ),
    ],
)
def test_settings_that_do_not_go_together(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read(change)
    assert message in str(caught.value)


@pytest.mark.parametrize("setting", [{"cmn_window": 300}, {"spec_augment": {"max_mel": 3}}])
def test_settings_of_features_are_refused_for_waveforms(setting: dict[str, Any]) -> None:
    assert read(WAVEFORM).uses_waveform
    with pytest.raises(UserError, match=rf"file2: 'data.{next(iter(setting))}': changes features"):
        read(WAVEFORM, {"data": setting})


def test_what_goes_together_is_accepted() -> None:
    assert read(GROUPED).data.order.is_grouped
    dynamic = read(
        WAVEFORM, {"model": "tdy_resnet10_eighth", "schedule": {"temperature": "constant"}}
    )
    temperature = dynamic.schedule.temperature
    assert temperature is not None and temperature.value(0, 1) == 1
    assert read({"train": {"final": "average", "average_last": 3}}).train.num_kept == 3


def test_features_are_those_of_the_conf_folder(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("model: tdnn_c8\nloss: cm\nfeatures: fbank64\n")
    assert load_config(Recipe, path).features == "fbank64"
    expected = (
        r"recipe.yaml:3: 'features': unknown features 'fbank64' \(did you mean 'fbank40'\?\); "
        "known: fbank40, fbank80, waveform"
    )
    with pytest.raises(UserError, match=expected):
        load_config(Recipe, path, features=["fbank40", "fbank80", "waveform"])


def test_a_shipped_recipe_survives_being_resolved(repository: Path, tmp_path: Path) -> None:
    for path in repository.glob("egs/*/*/*.yaml"):
        recipe = load_config(Recipe, path)
        (tmp_path / "recipe.yaml").write_text(dump_config(recipe))
        assert load_config(Recipe, tmp_path / "recipe.yaml") == recipe
