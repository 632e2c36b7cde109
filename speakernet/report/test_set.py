"""What is known of the utterances that trials compare: tables beside a trial list."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speakernet.backend.quality import read_numbers
from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.tables import read_table
from speakernet.report.evaluation import find_utt2spk


@dataclass(frozen=True)
class TestSet:
    """Tables by utterance, empty where there is none; ``folder`` has them and the recordings.

    speakers: also of enrolment models; durations: seconds.
    """

    folder: Path
    speakers: Mapping[str, str]
    durations: Mapping[str, float]
    languages: Mapping[str, str]
    sessions: Mapping[str, str]


@lru_cache(maxsize=4)
def read_test_set(trials: Path, utt2spk: Path | None = None) -> TestSet:
    """Read what lies beside the list ``trials``. Raises UserError for a table that is damaged, and
    if there is no utt2spk.
    """
    folder = trials.parent
    speakers = find_utt2spk(trials, utt2spk)
    if speakers is None:
        raise UserError(f"{folder}/utt2spk: no such file; a report needs who speaks in the trials")
    durations = folder / "utt2dur"
    return TestSet(
        folder,
        speakers,
        read_numbers(durations) if is_given(durations) else {},
        _languages(folder, speakers),
        _optional(folder / "utt2session"),
    )


def _optional(path: Path) -> dict[str, str]:
    return read_table(path) if is_given(path) else {}


def _languages(folder: Path, speakers: Mapping[str, str]) -> dict[str, str]:
    """Return the languages of utterances, or else of their speakers."""
    own, of_speakers = _optional(folder / "utt2lang"), _optional(folder / "spk2lang")
    from_speakers = {u: of_speakers[s] for u, s in speakers.items() if s in of_speakers}
    return from_speakers | own
