"""Settings of embedding extraction and of scoring; the only home of their defaults."""

from typing import Annotated, Literal

from pydantic import Field

from speakernet.config import Config

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


class ExtractionConfig(Config):
    """How an utterance becomes an embedding.

    Lengths are in frames of 10 ms; a network that takes a waveform sees 160 samples for each.

    mode: ``chunks`` as voxsrc2020 (1 + (T - min_frames) // chunk_frames chunks of at most
    chunk_frames, mean weighted by length; a rest of fewer than min_frames is left out), ``whole``
    (one piece, however long), or ``crops`` as tdy (num_crops evenly spaced crops of
    crop_frames, each an embedding of its own: the product is a matrix (crops, dim)).
    Utterances shorter than min_frames, or than a crop, are repeated to that length.
    """

    mode: Literal["chunks", "whole", "crops"] = "chunks"
    chunk_frames: Count = 1000
    min_frames: Count = 25
    num_crops: Count = 10
    crop_frames: Count = 400


class PldaConfig(Config):
    """Two-covariance PLDA: embeddings are centred, maybe whitened and reduced, length-normed.

    lda_dim: dimensions kept by LDA first (null: all, no LDA); iterations: EM steps.
    """

    lda_dim: Count | None = None
    length_norm: bool = True
    iterations: Annotated[int, Field(ge=0)] = 10


class ScoringConfig(Config):
    """How embeddings become scores; the defaults are voxsrc2020's.

    similarity: ``cosine``, or ``crop_distance`` (tdy: minus the mean L2 distance between all
    pairs of length-normed crops). subtract_mean: the cohort's mean embedding is taken off first.
    normalization: ``snorm`` uses the whole cohort, ``asnorm`` the top_n nearest of it (a count,
    or a share below 1). cohort: one mean of length-normed embeddings per speaker, single
    utterances, or the rows of the classifier; renormalize_cohort: length-norm those means again.
    enrolment: several enrolment utterances of one model are averaged as length-normed
    embeddings, or their scores are.
    """

    similarity: Literal["cosine", "crop_distance"] = "cosine"
    subtract_mean: bool = False
    normalization: Literal["none", "snorm", "asnorm"] = "asnorm"
    cohort: Literal["speakers", "utterances", "class_weights"] = "speakers"
    renormalize_cohort: bool = False
    top_n: Count | Share = 400
    enrolment: Literal["embeddings", "scores"] = "embeddings"
    plda: PldaConfig | None = None

    @property
    def needs_class_weights(self) -> bool:
        """Whether the training speakers' class weights are the cohort."""
        return self.normalization != "none" and self.cohort == "class_weights"

    @property
    def needs_cohort_embeddings(self) -> bool:
        """Whether the cohort's utterances have to be embedded for these scores."""
        normalizes = self.normalization != "none" and not self.needs_class_weights
        return normalizes or self.subtract_mean or self.plda is not None
