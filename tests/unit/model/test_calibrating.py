"""Calibrations of packages: on speakers that the network has not heard, where there are enough."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.cohort import Cohort
from speakernet.backend.config import CalibrationConfig, ScoringConfig
from speakernet.kaldi.ark import ArkWriter
from speakernet.model.calibrating import MIN_UNHEARD, fit_on_cohort
from speakernet.model.description import ScoreCalibration

DIM, NUM_HEARD, NUM_EACH = 24, 14, 6
HEARD = [f"h{number:02d}" for number in range(NUM_HEARD)]


def write_cohort(folder: Path, num_new: int, sessions: bool) -> None:
    """Write embeddings: those of speakers who were heard are closer together."""
    random = np.random.default_rng(6)
    new = [f"n{number:02d}" for number in range(num_new)]
    owners, sessions_of = [], []
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as writer:
        for speaker in [*HEARD, *new]:
            centre, spread = random.normal(size=DIM), 0.2 if speaker in HEARD else 0.9
            for number in range(NUM_EACH):
                name = f"{speaker}-{number}"
                vector = centre + spread * random.normal(size=DIM)
                writer.write(name, vector.astype(np.float32))
                owners.append(f"{name} {speaker}\n")
                sessions_of.append(f"{name} {speaker}-{number % 2 if speaker in HEARD else 0}\n")
    (folder / "utt2spk").write_text("".join(owners))
    if sessions:
        (folder / "utt2session").write_text("".join(sessions_of))


def fit(folder: Path, num_new: int, *, sessions: bool = True) -> ScoreCalibration:
    folder.mkdir()
    write_cohort(folder, num_new, sessions)
    draw = CalibrationConfig(num_trials=600)
    config = ScoringConfig(normalization="none", calibration=draw)
    found = fit_on_cohort(config, Cohort(None, None), folder, folder / "utt2spk", "cosine", HEARD)
    assert found
    return found


def threshold(found: ScoreCalibration) -> float:
    return -found.offset / found.weight


def test_speakers_of_the_training_count_only_where_there_are_few_others(tmp_path: Path) -> None:
    enough = fit(tmp_path / "enough", MIN_UNHEARD)
    assert enough.fitted_on.endswith(
        f"of {MIN_UNHEARD} speakers of the cohort, whom the network was not trained on"
    )
    few = fit(tmp_path / "few", MIN_UNHEARD - 1)
    assert few.fitted_on.endswith(f"of {NUM_HEARD + MIN_UNHEARD - 1} speakers of the cohort")
    assert threshold(enough) < threshold(few) - 0.05
    assert enough.weight < few.weight


@pytest.mark.parametrize("num_new", [0, MIN_UNHEARD])
def test_sessions_are_not_needed(num_new: int, tmp_path: Path) -> None:
    with_sessions = fit(tmp_path / "with", num_new)
    without = fit(tmp_path / "without", num_new, sessions=False)
    # The new ones have one session each, so that theirs make no difference.
    assert (with_sessions == without) == (num_new > 0)
