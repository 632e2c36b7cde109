"""``model.json``: what a packaged model is, and what its other files have to be."""

import hashlib
import json
import math
import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from speakernet.backend.config import ExtractionConfig, ScoringConfig
from speakernet.config import Config, setting_error
from speakernet.nn.models import ModelConfig
from speakernet.signal.extractors import num_values
from speakernet.signal.options import FbankOptions, MfccOptions

FORMAT: Literal["speakernet model 1"] = "speakernet model 1"
DESCRIPTION, WEIGHTS, COHORT = "model.json", "weights.safetensors", "cohort.safetensors"
RECIPE, CARD = "recipe.yaml", "README.md"
PACKAGED_FILES = (DESCRIPTION, WEIGHTS, COHORT, RECIPE, CARD)
"""All files of a package. Checksums are kept of all but the description and the card."""

PRIORS = (0.5, 0.1, 0.05, 0.01, 0.001)
"""Priors of a target whose thresholds a package states."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_DIMENSIONS = 1 << 16
_MOST_FRAMES = 1 << 30


class FrontEndConfig(Config):
    """What the network gets of a waveform: features, or (neither fbank nor mfcc) its samples."""

    fbank: FbankOptions | None = None
    """Kaldi's options of the filter bank."""
    mfcc: MfccOptions | None = None
    """Kaldi's options of the MFCC."""
    cmn_window: Annotated[int, Field(ge=1, le=_MOST_FRAMES)] | None = None
    """Frames of the sliding mean that is subtracted; null: it stays."""
    dither_seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 1
    """Seed of the dither."""

    @property
    def options(self) -> FbankOptions | MfccOptions | None:
        """The options of the features, None for waveforms."""
        return self.fbank or self.mfcc

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if self.fbank and self.mfcc:
            raise setting_error("mfcc", "there is fbank, too; expected one of them")
        if self.options is None and self.cmn_window is not None:
            raise setting_error("cmn_window", "waveforms have none; expected null")
        return self


class ScoreCalibration(Config):
    """Log-likelihood ratio of a score: ``offset + weight * score``, in nats."""

    kind: str
    """The kind of the score: the similarity or the normalization of ``scoring``."""
    weight: Annotated[float, Field(gt=0)]
    offset: float
    p_target: Annotated[float, Field(gt=0, lt=1)]
    """The prior that it was fitted at."""
    fitted_on: str = ""
    """The trials that it was fitted on, in words."""

    def threshold(self, p_target: float) -> float:
        """Return the least score that means "same" at this prior, with equal costs."""
        return (llr_threshold(p_target) - self.offset) / self.weight


class ThresholdConfig(Config):
    """Where "same" begins at a prior of targets, when a miss costs what a false alarm costs."""

    p_target: Annotated[float, Field(gt=0, lt=1)]
    llr: float
    score: float


class FileConfig(Config):
    """What a file of the package has to be."""

    size: Annotated[int, Field(ge=0)]
    sha256: str

    @model_validator(mode="after")
    def _is_a_checksum(self) -> Self:
        if not _SHA256.fullmatch(self.sha256):
            raise setting_error("sha256", "expected 64 hexadecimal digits")
        return self


class Description(Config):
    """All of ``model.json``."""

    format: Literal["speakernet model 1"]
    name: str
    """The experiment: ``<corpus>/<recipe>`` and its model."""
    network: ModelConfig
    input_dim: Annotated[int, Field(ge=0, le=_MOST_DIMENSIONS)]
    """Values of a frame of features; 0 for waveforms."""
    embedding_dim: Annotated[int, Field(ge=1, le=_MOST_DIMENSIONS)]
    front_end: FrontEndConfig
    extraction: ExtractionConfig
    scoring: ScoringConfig
    """How embeddings are compared, without PLDA, which is not packaged."""
    cohort_size: Annotated[int, Field(ge=0)] = 0
    """Members of the cohort in ``cohort.safetensors``; 0 without a cohort."""
    calibration: ScoreCalibration | None = None
    thresholds: tuple[ThresholdConfig, ...] = ()
    made_with: dict[str, str] = Field(default_factory=dict)
    """Versions of what wrote the package."""
    files: dict[str, FileConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        waveform = self.front_end.options is None
        if waveform != (self.network.input_kind == "waveform"):
            text = f"network '{self.network.name}' takes {self.network.input_kind}"
            raise setting_error("front_end", text)
        if waveform != (self.input_dim == 0):
            raise setting_error("input_dim", "0 is for networks on waveforms, and for no others")
        options = self.front_end.options
        if options and num_values(options) != self.input_dim:
            text = f"expected {num_values(options)}, the values of a frame of front_end"
            raise setting_error("input_dim", text)
        if self.scoring.compares_crops != (self.extraction.mode == "crops"):
            text = f"'{self.scoring.similarity}' does not fit extraction.mode"
            raise setting_error("scoring.similarity", f"{text} {self.extraction.mode}")
        if self.calibration and self.calibration.kind != self.score_kind:
            text = f"is of '{self.calibration.kind}'; the model gives '{self.score_kind}'"
            raise setting_error("calibration", text)
        unknown = sorted(self.files.keys() - {WEIGHTS, COHORT, RECIPE})
        if unknown or WEIGHTS not in self.files:
            raise setting_error("files", f"expected {WEIGHTS}, maybe {COHORT} and {RECIPE}")
        return self

    @property
    def identity(self) -> str:
        """A checksum of all that decides embeddings: two models of one make the same."""
        parts = self.model_dump(mode="json", include={"network", "front_end", "extraction"})
        text = json.dumps([parts, self.input_dim, self.files[WEIGHTS].sha256], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def score_kind(self) -> str:
        """The kind of score that decisions are made by."""
        normalizes = self.cohort_size and self.scoring.normalization != "none"
        return self.scoring.normalization if normalizes else self.scoring.similarity


def llr_threshold(p_target: float) -> float:
    """Return the least log-likelihood ratio that means "same": -logit of the prior."""
    return math.log1p(-p_target) - math.log(p_target)


def thresholds_of(calibration: ScoreCalibration | None) -> tuple[ThresholdConfig, ...]:
    """Return the thresholds at ``PRIORS``; none without a calibration."""
    if calibration is None:
        return ()
    pairs = ((p, llr_threshold(p), calibration.threshold(p)) for p in PRIORS)
    return tuple(ThresholdConfig(p_target=p, llr=llr, score=score) for p, llr, score in pairs)
