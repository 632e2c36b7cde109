"""What the costs of products are computed from: sizes of sets, and rates, measured when needed."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.planning.audio_rates import NO_AUDIO_RATES, AudioRates, measure_audio
from speakernet.planning.network_rates import NO_NETWORK_RATES, NetworkRates, measure_network
from speakernet.prepare.corpus_estimate import CorpusEstimate, SetSize, size_of_tables
from speakernet.prepare.stage_values import WAVEFORM
from speakernet.recipe import Recipe
from speakernet.signal.extractors import num_values, read_feature_options
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.work.cores import num_cores

_ASSUMED_SPEAKERS = 1000  # where nothing tells how many classes a network has


@dataclass
class Work:
    """A run that is planned.

    ``data``: the folder of the sets, ``exp_dir``: of the models. ``recipes``: by the folders of
    their models. ``measures``: False leaves all rates at zero. ``sizes``: of sets by name; those to
    come are added in the order of their products. ``measured_…``: what was needed so far.
    """

    data: Path
    exp_dir: Path
    recipes: dict[Path, Recipe]
    num_jobs: int
    num_processes: int
    estimate: CorpusEstimate
    test_set: str
    cohort_set: str
    num_trials: int = 0
    measures: bool = True
    sizes: dict[str, SetSize | None] = field(default_factory=dict)
    measured_audio: dict[str, AudioRates] = field(default_factory=dict)
    measured_networks: dict[Path, NetworkRates] = field(default_factory=dict)

    def size_of(self, name: str) -> SetSize | None:
        """Return the size of a set, or None where nothing tells it yet."""
        if name not in self.sizes:
            self.sizes[name] = size_of_tables(self.data / name) or self.estimate.sets.get(name)
        return self.sizes[name]

    @cached_property
    def samples(self) -> tuple[str, ...]:
        """Entries of recordings to measure with: of a training set, if some are there."""
        found = (self.size_of(recipe.train_set) for recipe in self.recipes.values())
        return next((size.samples for size in found if size and size.samples), ())

    def audio(self, features: str) -> AudioRates:
        """Return the rates of audio, and of these features. Raises UserError where the corpus's
        recordings cannot be read.
        """
        if not self.measures:
            return NO_AUDIO_RATES
        if features not in self.measured_audio:
            options = None if features == WAVEFORM else feature_options(features)
            self.measured_audio[features] = measure_audio(self.samples, options)
        return self.measured_audio[features]

    def network(self, folder: Path) -> NetworkRates:
        """Return the rates of the network whose model is in ``folder``."""
        if not self.measures:
            return NO_NETWORK_RATES
        recipe = self.recipe(folder)
        for other, rates in list(self.measured_networks.items()):
            if _without_seed(self.recipe(other)) == _without_seed(recipe):
                self.measured_networks[folder] = rates
        if folder not in self.measured_networks:
            data = self.size_of(recipe.train_data)
            num_classes = data.speakers if data else _ASSUMED_SPEAKERS
            input_dim = 0
            if not recipe.uses_waveform:
                input_dim = num_values(feature_options(recipe.features))
            threads = recipe.train.num_threads or max(1, num_cores() // self.num_processes)
            self.measured_networks[folder] = measure_network(
                recipe, input_dim, num_classes, threads
            )
        return self.measured_networks[folder]

    def recipe(self, folder: Path) -> Recipe:
        """Return the recipe of the model in ``folder``. Raises UserError for another folder."""
        if folder not in self.recipes:
            raise UserError(f"{folder}: is the model of no recipe that is planned")
        return self.recipes[folder]


def _without_seed(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"seed": 0})


def feature_options(features: str) -> FbankOptions | MfccOptions:
    """Return the options of a configuration of features, seen from the repository's root."""
    return read_feature_options(Path("conf", f"{features}.conf"))
