"""Settings of embedding extraction and of scoring; the only home of their defaults."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from speakernet.config import Config, setting_error

Count = Annotated[int, Field(ge=1)]
_MOST_FRAMES = 1_000_000  # nearly three hours, of which a waveform takes 0.6 GB
Frames = Annotated[int, Field(ge=1, le=_MOST_FRAMES)]
Share = Annotated[float, Field(gt=0, lt=1)]


class ExtractionConfig(Config):
    """How an utterance becomes an embedding.

    Lengths are in frames of 10 ms; a network that takes a waveform sees 160 samples for each.
    Utterances shorter than min_frames, or than a crop, are repeated to that length.
    """

    mode: Literal["chunks", "whole", "crops"] = "chunks"
    """`chunks` as voxsrc2020: 1 + (T - min_frames) // chunk_frames chunks, whose mean is weighted
    by length; a rest of fewer than min_frames is left out. `whole`: one piece, however long.
    `crops` as tdy: evenly spaced crops, each an embedding of its own; the product is a matrix
    (crops, dim)."""
    chunk_frames: Count = 1000
    """Longest chunk; read with `mode: chunks`."""
    min_frames: Frames = 25
    """Shortest chunk, or whole utterance; read with `mode: chunks` and `whole`."""
    num_crops: Frames = 10
    """Number of crops; read with `mode: crops`."""
    crop_frames: Frames = 400
    """Length of a crop; read with `mode: crops`."""

    @model_validator(mode="after")
    def _reads_what_is_set(self) -> Self:
        if self.mode != "chunks":
            self.refuse_unread("chunk_frames", "mode: chunks")
        if self.mode == "crops":
            self.refuse_unread("min_frames", "mode: chunks or whole")
            if self.num_crops * self.crop_frames > _MOST_FRAMES:
                text = f"times crop_frames is more than {_MOST_FRAMES}"
                raise setting_error("num_crops", text)
        else:
            self.refuse_unread("num_crops", "mode: crops")
            self.refuse_unread("crop_frames", "mode: crops")
        return self


class PldaConfig(Config):
    """Two-covariance PLDA: embeddings are centred, maybe whitened and reduced, length-normed."""

    lda_dim: Count | None = None
    """Dimensions kept by LDA first; null: all, no LDA."""
    length_norm: bool = True
    """Scale embeddings to one length before the model is fitted."""
    iterations: Annotated[int, Field(ge=0)] = 10
    """EM steps."""


Quality = Literal["duration", "norm", "cohort_mean"]
Similarity = Literal["cosine", "crop_distance"]
Normalization = Literal["none", "snorm", "asnorm"]
KINDS = {*get_args(Similarity), *get_args(Normalization), "plda"}
"""What score files can end in."""
CALIBRATED, QMF = "_calibrated", "_qmf"
"""How kinds of calibrated scores end: by the score alone, and with measures of quality."""
SetRole = Literal["cohort", "plda", "calibration"]
"""What a set beside the test is for."""


class CalibrationConfig(Config):
    """Log-likelihood ratios by logistic regression, trained on trials of the calibration set."""

    qualities: tuple[Quality, ...] = ()
    """Measures of both utterances that a second map (`qmf`) gets beside the score: `duration`, the
    logarithm of the length; `norm` of the embedding; `cohort_mean`, the mean of the cohort's
    scores."""
    trials: Literal["any", "by_length"] = "any"
    """`any`: utterances of all lengths; `by_length`: a third each of two short utterances (2 to
    6 s), a short and a long one (above 6 s), two long ones."""
    num_trials: Annotated[int, Field(ge=6)] = 30_000
    """Trials to draw, half of them of one speaker; fewer where there are not so many pairs."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the draw; systems that are to be fused need the same."""
    plda: bool = True
    """Also calibrate PLDA's scores, where there are some. If the calibration set has speakers of
    the PLDA set, trials are of two speakers of one half of them, and scored by PLDA that was
    trained on the other half."""
    fuse: bool = False
    """Also fuse both kinds in one map."""
    p_target: Share = 0.05
    """Prior of a target to train at."""


class ScoringConfig(Config):
    """How embeddings become scores; the defaults are voxsrc2020's."""

    similarity: Similarity = "cosine"
    """`cosine`, or `crop_distance` (tdy): minus the mean L2 distance of all pairs of crops, whose
    embeddings have been scaled to length one."""
    subtract_mean: bool = False
    """Take the cohort's mean embedding off first."""
    normalization: Normalization = "asnorm"
    """`snorm` compares with the whole cohort, `asnorm` with the `top_n` nearest of it."""
    cohort: Literal["speakers", "raw_speakers", "utterances", "class_weights"] = "speakers"
    """One mean of length-normed embeddings per speaker, one of embeddings as they are, single
    utterances, or the rows of the classifier."""
    renormalize_cohort: bool = False
    """Scale those means to length one again."""
    top_n: Count | Share = 400
    """How many of the cohort: a count, or a share below 1."""
    enrolment: Literal["embeddings", "scores"] = "embeddings"
    """What is averaged over several enrolment utterances of one model: length-normed embeddings, or
    scores."""
    plda: PldaConfig | None = None
    """Also score by PLDA, trained on the utterances of the PLDA set; null: do not."""
    calibration: CalibrationConfig | None = None
    """Also calibrate the normalised scores (those that are not, where there is no normalisation);
    null: do not."""

    @model_validator(mode="after")
    def _crops_have_no_cohort(self) -> Self:
        if self.compares_crops and self.normalization != "none":
            raise setting_error("normalization", "crop_distance has none; expected none")
        if self.compares_crops and self.subtract_mean:
            raise setting_error("subtract_mean", "crop_distance has no cohort; expected false")
        if self.compares_crops and self.plda:
            raise setting_error("plda", "crop_distance compares matrices of crops; expected null")
        return self

    @model_validator(mode="after")
    def _calibration_has_what_it_needs(self) -> Self:
        calibration = self.calibration
        if calibration is None:
            return self
        key = "calibration.qualities"
        if self.compares_crops and "norm" in calibration.qualities:
            raise setting_error(key, "norm: crop_distance has ten embeddings; expected duration")
        if self.normalization == "none" and "cohort_mean" in calibration.qualities:
            raise setting_error(key, "cohort_mean: normalization is none; expected another")
        if self.normalization != "none" and not self.has_cohort_of_speakers:
            raise setting_error(
                "cohort",
                "calibration leaves a speaker out of the cohort of its own trials; "
                "expected speakers or raw_speakers",
            )
        if calibration.fuse and len(self.final_kinds) < 2:
            text = "there is one kind of scores; expected scoring.plda and calibration.plda: true"
            raise setting_error("calibration.fuse", text)
        return self

    @property
    def final_kinds(self) -> tuple[str, ...]:
        """The kinds of scores that are calibrated."""
        best = self.similarity if self.normalization == "none" else self.normalization
        with_plda = self.plda and self.calibration and self.calibration.plda
        return (best, "plda") if with_plda else (best,)

    @property
    def has_cohort_of_speakers(self) -> bool:
        """Whether the cohort has one member per speaker, made from embeddings."""
        return self.cohort in ("speakers", "raw_speakers")

    @property
    def compares_crops(self) -> bool:
        """Whether embeddings are matrices, one row a crop."""
        return self.similarity == "crop_distance"

    @property
    def needs_class_weights(self) -> bool:
        """Whether the training speakers' class weights are the cohort."""
        return self.normalization != "none" and self.cohort == "class_weights"

    @property
    def needed_sets(self) -> tuple[SetRole, ...]:
        """What sets beside the test have to be embedded for these scores."""
        normalizes = self.normalization != "none" and not self.needs_class_weights
        needs: dict[SetRole, bool] = {
            "cohort": normalizes or self.subtract_mean,
            "plda": self.plda is not None,
            "calibration": self.calibration is not None,
        }
        return tuple(role for role, is_needed in needs.items() if is_needed)
