"""What run.sh and the checks before its stages know of a recipe: ``<exp>/settings/stages``.

The recipe itself says the same, but to read it takes torch, and seconds.
"""

import re
from pathlib import Path
from typing import NamedTuple

from speakernet.config.errors import UserError
from speakernet.config.files import read_text

WAVEFORM = "waveform"
"""The ``features`` of recipes whose network takes audio."""

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""What sets and features can be called."""


class StageValues(NamedTuple):
    """The values of the file, in their order; words have blanks between them.

    What they mean is said by ``stage_values`` in ``speakernet/recipe/resolving.py``, their writer.
    """

    train_set: str
    speed_set: str
    train_data: str
    features: str
    feature_folder: str
    copies: str
    speed_factors: str
    seed: str
    seed_suffix: str
    online_features: str
    online_augment: str
    cohort: str

    @property
    def uses_waveform(self) -> bool:
        """Whether the network reads audio instead of feature files."""
        return self.features == WAVEFORM

    @property
    def has_online_features(self) -> bool:
        """Whether training computes the features of its crops, and none are stored for it."""
        return self.online_features == "true"

    @property
    def uses_noises(self) -> bool:
        """Whether there are copies, or crops, with noises and rooms."""
        return bool(self.copies) or self.online_augment == "true"

    @property
    def needs_cohort(self) -> bool:
        """Whether scores compare with the embeddings of a cohort."""
        return self.cohort == "true"

    @property
    def num_versions(self) -> int:
        """How often each utterance of the training set is there: itself and its copies."""
        return (1 + len(self.copies.split())) * (1 + len(self.speed_factors.split()))


def has_features_of(whole: StageValues, part: StageValues) -> bool:
    """Return whether the stored features of a recipe's training set are among another recipe's."""
    is_stored = not (whole.has_online_features or part.has_online_features or part.uses_waveform)
    is_part = part.train_data in (whole.train_set, whole.speed_set)
    return is_stored and is_part and whole.feature_folder == part.feature_folder


def read_stage_values(path: Path) -> StageValues:
    """Read what a recipe's stages are about. Raises UserError for other lines."""
    fields = read_text(path).removesuffix("\n").split("|")
    if len(fields) == len(StageValues._fields):
        values = StageValues(*fields)
        names = (values.train_set, values.train_data, values.features, values.feature_folder)
        truths = {values.online_features, values.online_augment}
        if all(map(NAME.fullmatch, names)) and truths <= {"true", "false"}:
            return values
    raise UserError(
        f"{path}: found other text than 'speakernet resolve-recipe' writes; run that command again"
    )
