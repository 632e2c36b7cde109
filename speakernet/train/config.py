"""The recipe's section ``train``."""

from typing import Literal, Self

from pydantic import Field, model_validator

from speakernet.config import Config


class TrainConfig(Config):
    """How long, in what pieces, how precisely, and what is kept.

    epochs: may stop within the schedule. batch_size: utterances per process and micro-batch; an
    update sees ``batch_size * accumulate * processes`` of them. compile and cuda_graph: ways to
    compute a step faster on GPUs (step.py), ignored elsewhere; the latter with synchronised batch
    norms, too.
    passes_per_epoch: passes over the data that make an epoch (5 when voxsrc2020 fine-tunes on the
    clean fifth of the data);
    utterances_per_epoch overrides it with a number. batch_norm: ``per_process`` statistics,
    ``synchronised`` over processes, or ``frozen`` (running statistics, never updated).
    final: what ``final.pt`` holds at the end: the ``last`` weights, the ``best`` by validation, or
    the ``average`` of the last ``average_last`` epochs. ema_decay: keep an exponential moving
    average of the weights; it is what is validated and saved as the model, once it exists.
    num_valid_speakers: that many speakers, chosen by the seed, are held out of training and used
    for validation (``num_valid_utterances`` of each).
    """

    epochs: int = Field(default=23, ge=1)
    batch_size: int = Field(default=128, ge=1)
    accumulate: int = Field(default=1, ge=1)
    passes_per_epoch: float = Field(default=1.0, gt=0)
    utterances_per_epoch: int | None = Field(default=None, ge=1)
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    channels_last: bool = False
    compile: bool = False
    cuda_graph: bool = False
    batch_norm: Literal["per_process", "synchronised", "frozen"] = "per_process"
    deterministic: bool = True
    num_threads: int | None = Field(default=None, ge=1)
    checkpoint_minutes: float = Field(default=15.0, gt=0)
    checkpoint_steps: int | None = Field(default=None, ge=1)
    keep_checkpoints: int = Field(default=3, ge=1)
    final: Literal["last", "best", "average"] = "last"
    average_last: int = Field(default=10, ge=1)
    ema_decay: float | None = Field(default=None, gt=0, lt=1)
    num_valid_speakers: int = Field(default=0, ge=0)
    num_valid_utterances: int = Field(default=10, ge=2)
    log_steps: int = Field(default=20, ge=1)
    tensorboard: bool = True

    @model_validator(mode="after")
    def _one_kind_of_average(self) -> Self:
        if self.ema_decay is not None and self.final == "average":
            raise ValueError("ema_decay is an average already: expected final: last or best")
        return self

    @property
    def num_kept(self) -> int:
        """How many epochs' checkpoints are needed."""
        return max(self.keep_checkpoints, self.average_last if self.final == "average" else 1)
