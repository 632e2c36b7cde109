"""The files that scores are made from, and the folder that they go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from speakernet.backend.config import SetRole
from speakernet.backend.enrolment import Models
from speakernet.config import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.datadir import read_spk2utt


@dataclass(frozen=True)
class ScoringFiles:
    """What scores are made from, and the folder that they go to.

    embeddings, and those of other sets: folder, .scp or .ark. utt2spk: of the trials, to leave an
    utterance's own speaker out of its cohort. enroll_spk2utt: the enrolment utterances of each
    model (without it, enrolment ids are utterances). plda_* and calibration_*: what PLDA is trained
    on, and what trials for calibration are drawn from (default: the cohort).
    """

    embeddings: Path
    trials: Sequence[Path]
    output: Path
    cohort_embeddings: Path | None = None
    cohort_utt2spk: Path | None = None
    utt2spk: Path | None = None
    enroll_spk2utt: Path | None = None
    plda_embeddings: Path | None = None
    plda_utt2spk: Path | None = None
    calibration_embeddings: Path | None = None
    calibration_utt2spk: Path | None = None
    calibration_utt2session: Path | None = None

    def read_models(self) -> Models | None:
        """Return the enrolment utterances of each model, None where ids are utterances."""
        if self.enroll_spk2utt is None:
            return None
        return read_spk2utt(self.enroll_spk2utt)

    @property
    def test_utt2spk(self) -> Path | None:
        """The speakers of the trials: an utt2spk beside the first list, if there is one."""
        path = self.trials[0].parent / "utt2spk"
        return path if is_given(path) else None

    def training_set(self, role: SetRole) -> tuple[Path, Path]:
        """Return embeddings and utt2spk of a set: its own, or the cohort's.

        Raises UserError where there are neither.
        """
        sets: dict[SetRole, tuple[Path | None, Path | None]] = {
            "plda": (self.plda_embeddings, self.plda_utt2spk),
            "calibration": (self.calibration_embeddings, self.calibration_utt2spk),
            "cohort": (self.cohort_embeddings, self.cohort_utt2spk),
        }
        for embeddings, utt2spk in (sets[role], sets["cohort"]):
            if embeddings and utt2spk:
                return embeddings, utt2spk
        raise UserError(
            f"scoring.{role} needs --{role}-embeddings and --{role}-utt2spk, or both of the cohort"
        )
