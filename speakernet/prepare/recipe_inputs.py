"""Everything that the recipes of an experiment read, and the checks of it that save hours."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.config.files import is_given
from speakernet.prepare.corpus_estimate import CorpusEstimate
from speakernet.prepare.early_checks import (
    FeatureRoom,
    check_free,
    check_noises,
    check_programs,
    check_room,
    check_rooms,
    check_trials,
    duration_of,
    existing_parent,
    free_bytes,
)
from speakernet.prepare.stage_values import StageValues, has_features_of, read_stage_values
from speakernet.signal.extractors import num_values, read_feature_options

logger = logging.getLogger(__name__)

Check = Callable[[], None]


def read_recipes(exp_dir: Path) -> list[StageValues]:
    """Return what the stages know of an experiment's recipes: its own, and that of fine-tuning."""
    folders = [exp_dir, *(folder for folder in [exp_dir / "lm"] if folder.is_dir())]
    return [read_stage_values(folder / "settings" / "stages") for folder in folders]


@dataclass(frozen=True)
class RecipeInputs:
    """``data``: folder of the sets; ``musan_root`` and ``rirs``: of noises and rooms, if any."""

    recipes: list[StageValues]
    data: Path
    test_set: str
    cohort_set: str
    trials: list[Path]
    musan_root: Path | None
    rirs: Path | None
    enroll_spk2utt: Path | None = None
    estimate: CorpusEstimate = field(default_factory=CorpusEstimate)

    def check_corpus(self) -> None:
        """Raise UserError if a corpus that is not prepared yet lacks something, or disks have not
        the room for what is unpacked and for features.
        """
        for problem in self.estimate.problems:
            raise UserError(problem)
        for folder, count in self.estimate.writes:
            check_free(count, existing_parent(folder), "what is unpacked", free_bytes)
        self.check_room()

    def source_checks(self) -> Iterator[Check]:
        """Yield checks that noises and rooms can be read, where a recipe uses them.

        Each raises UserError, and so does this where their places are not known.
        """
        if not any(recipe.uses_noises for recipe in self.recipes):
            return
        if self.musan_root is None or self.rirs is None:
            raise UserError("a recipe with noises and rooms needs --musan-root and --rirs")
        yield partial(check_noises, self.musan_root)
        yield partial(check_rooms, self.rirs)

    def set_checks(self) -> Iterator[Check]:
        """Yield checks that trials are of the test set, and that what ``wav.scp`` calls is there.

        Each raises UserError.
        """
        names = {name for r in self.recipes for name in (*self._embedded_sets(r), r.train_set)}
        for trials in self.trials:
            yield partial(check_trials, [trials], self.data / self.test_set, self.enroll_spk2utt)
        yield partial(check_programs, [self.data / name for name in sorted(names)])

    def check_room(self) -> None:
        """Raise UserError if the disk has not the room for the features of all recipes."""
        whole = self.recipes[0]
        stored = [r for r in self.recipes if r is whole or not has_features_of(whole, r)]
        rooms = {room.target: room for recipe in stored for room in self._rooms(recipe)}
        check_room(rooms.values(), existing_parent(self.data), free_bytes)
        online = {
            recipe.train_data: recipe for recipe in self.recipes if recipe.has_online_features
        }
        for recipe in online.values():
            self._log_saved(recipe)

    def _log_saved(self, recipe: StageValues) -> None:
        """Say which features need no disk."""
        room = self._training_room(recipe)
        logger.info(
            "%s: features are computed while training; stored ones would take %.1f GB",
            room.target.name, room.num_bytes() / 1e9,
        )  # fmt: skip

    def _embedded_sets(self, recipe: StageValues) -> list[str]:
        return [self.test_set, *([self.cohort_set] if recipe.needs_cohort else [])]

    def _rooms(self, recipe: StageValues) -> Iterator[FeatureRoom]:
        """Yield the features that stage 3 makes for a recipe."""
        if recipe.uses_waveform:
            return
        for name in self._embedded_sets(recipe):
            yield self._room(recipe, name, name, 1)
        if not recipe.has_online_features:
            yield self._training_room(recipe)

    def _training_room(self, recipe: StageValues) -> FeatureRoom:
        return self._room(recipe, recipe.train_data, recipe.train_set, recipe.num_versions)

    def _room(self, recipe: StageValues, name: str, source: str, number: int) -> FeatureRoom:
        num_bins = num_values(read_feature_options(Path("conf", f"{recipe.features}.conf")))
        target = self.data / recipe.feature_folder / name
        return FeatureRoom(self._seconds(source), target, number, num_bins)

    def _seconds(self, name: str) -> float:
        """Return the duration of a set, 0 where nothing tells it yet."""
        if is_given(self.data / name / "utt2spk"):
            return duration_of(self.data / name)
        estimate = self.estimate.sets.get(name)
        return estimate.seconds if estimate else 0.0
