"""Look for what would stop a recipe after hours, before and after stage 1.

Of --tasks, "sources" is that noises and rooms are there and can be read; "sets" that all trials are
of the test set, what wav.scp calls is installed, and the disk has room for the features. What the
recipe does not use is not looked at.
"""

import logging
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.config.errors import UserError

if TYPE_CHECKING:
    from speakernet.prepare.early_checks import FeatureRoom
    from speakernet.prepare.stage_values import StageValues

logger = logging.getLogger(__name__)


@program("recipes")
@argument("--musan-root", Path, "tree of noise, music and speech", metavar="DIR")
@argument("--rirs", Path, "rooms", metavar="DIR")
@argument("--test-set", str, "name of the test set", required=True, metavar="NAME")
@argument("--cohort-set", str, "name of the cohort", required=True, metavar="NAME")
@argument("--trials", Path, "list of trials", action="append", default=[])
@argument("--enroll-spk2utt", Path, "enrolment ids are models with these utterances")
@argument("--tasks", str, "sources, sets or both", default="sources,sets", metavar="WORDS")
@argument("exp_dir", Path, "has settings/stages, and that of fine-tuning in lm/")
@argument("data", Path, "folder of the sets")
def main(args: Namespace) -> int:
    """Check what the recipes of an experiment are going to read."""
    from speakernet.prepare.early_checks import check_noises, check_rooms
    from speakernet.prepare.stage_values import read_stage_values

    folders = [args.exp_dir]
    if (args.exp_dir / "lm").is_dir():
        folders.append(args.exp_dir / "lm")
    recipes = [read_stage_values(folder / "settings" / "stages") for folder in folders]
    tasks = args.tasks.split(",")
    if unknown := set(tasks) - {"sources", "sets"}:
        raise UserError(f"--tasks: found '{unknown.pop()}'; expected sources, sets or both")
    if "sources" in tasks and any(r.uses_noises for r in recipes):
        if args.musan_root is None or args.rirs is None:
            raise UserError("a recipe with noises and rooms needs --musan-root and --rirs")
        check_noises(args.musan_root)
        check_rooms(args.rirs)
    if "sets" in tasks:
        _check_sets(args, recipes)
    return 0


def _check_sets(args: Namespace, recipes: "list[StageValues]") -> None:
    from speakernet.prepare.early_checks import (
        check_programs,
        check_room,
        check_trials,
        free_bytes,
    )
    from speakernet.prepare.stage_values import has_features_of

    names = {name for r in recipes for name in (*_embedded_sets(args, r), r.train_set)}
    check_trials(args.trials, args.data / args.test_set, args.enroll_spk2utt)
    check_programs(args.data / name for name in sorted(names))
    stored = [r for r in recipes if r is recipes[0] or not has_features_of(recipes[0], r)]
    rooms = {room.target: room for recipe in stored for room in _rooms(args, recipe)}
    check_room(rooms.values(), args.data, free_bytes)
    online = {recipe.train_data: recipe for recipe in recipes if recipe.has_online_features}
    for recipe in online.values():
        _log_saved(args, recipe)


def _log_saved(args: Namespace, recipe: "StageValues") -> None:
    """Say which features need no disk."""
    room = _training_room(args, recipe)
    logger.info(
        "%s: features are computed while training; stored ones would take %.1f GB",
        room.target.name, room.num_bytes() / 1e9,
    )  # fmt: skip


def _embedded_sets(args: Namespace, recipe: "StageValues") -> list[str]:
    return [args.test_set, *([args.cohort_set] if recipe.needs_cohort else [])]


def _rooms(args: Namespace, recipe: "StageValues") -> "Iterator[FeatureRoom]":
    """Yield the features that stage 3 makes for a recipe."""
    if recipe.uses_waveform:
        return
    for name in _embedded_sets(args, recipe):
        yield _room(args, recipe, name, name, 1)
    if not recipe.has_online_features:
        yield _training_room(args, recipe)


def _training_room(args: Namespace, recipe: "StageValues") -> "FeatureRoom":
    return _room(args, recipe, recipe.train_data, recipe.train_set, recipe.num_versions)


def _room(
    args: Namespace, recipe: "StageValues", name: str, source: str, number: int
) -> "FeatureRoom":
    from speakernet.prepare.early_checks import FeatureRoom
    from speakernet.signal.extractors import num_values, read_feature_options

    num_bins = num_values(read_feature_options(Path("conf", f"{recipe.features}.conf")))
    target = args.data / recipe.feature_folder / name
    return FeatureRoom(args.data / source, target, number, num_bins)


if __name__ == "__main__":
    run(main)
