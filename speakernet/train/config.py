"""The recipe's section ``train``."""

from typing import Literal, Self

from pydantic import Field, model_validator

from speakernet.config import Config, setting_error


class TrainConfig(Config):
    """How long, in what pieces, how precisely, and what is kept."""

    epochs: int = Field(default=23, ge=1)
    """How many; they may end before the schedules do."""
    batch_size: int = Field(default=128, ge=1)
    """Utterances of a micro-batch of one process."""
    accumulate: int = Field(default=1, ge=1)
    """Micro-batches of an update, which sees batch_size · accumulate · processes utterances."""
    passes_per_epoch: float = Field(default=1.0, gt=0)
    """Passes over the data that make an epoch (5 when voxsrc2020 fine-tunes on the clean fifth)."""
    utterances_per_epoch: int | None = Field(default=None, ge=1)
    """Utterances that make an epoch, instead of `passes_per_epoch`."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """How precisely the network is computed where that is safe. Weights, statistics and losses stay
    float32, and fp32 does without TF32."""
    channels_last: bool = False
    """Keep maps and kernels of 2-D convolutions in channels-last order, which is often faster."""
    compile: bool = False
    """Compile the blocks of a network on GPUs; ignored elsewhere."""
    cuda_graph: bool = False
    """Replay a micro-batch as a CUDA graph; ignored without a GPU."""
    batch_norm: Literal["per_process", "synchronised", "frozen"] = "per_process"
    """Whose statistics: of each process's micro-batch, of all processes' (`synchronised`), or the
    running ones, never updated (`frozen`)."""
    deterministic: bool = True
    """Use only cuDNN algorithms that repeat to the bit."""
    num_threads: int | None = Field(default=None, ge=1)
    """Threads of each process; null: a fair share of the cores."""
    checkpoint_minutes: float = Field(default=15.0, gt=0)
    """Minutes between checkpoints within an epoch."""
    checkpoint_steps: int | None = Field(default=None, ge=1)
    """Updates between checkpoints within an epoch; null: only minutes count."""
    keep_checkpoints: int = Field(default=3, ge=1)
    """How many epochs' checkpoints are kept."""
    final: Literal["last", "best", "average"] = "last"
    """What `final.pt` holds: the last weights, the best by validation, or the average of the last
    `average_last` epochs."""
    average_last: int = Field(default=10, ge=1)
    """Epochs in the average; read with `final: average`."""
    ema_decay: float | None = Field(default=None, gt=0, lt=1)
    """Keep an exponential moving average of the weights, to be validated and saved as the model."""
    num_valid_speakers: int = Field(default=0, ge=0)
    """Speakers, chosen by the seed, that are held out of training and used for validation."""
    num_valid_utterances: int = Field(default=10, ge=2)
    """Utterances of each held-out speaker; read if there are any."""
    log_steps: int = Field(default=20, ge=1)
    """Updates between lines of `train.jsonl`."""
    tensorboard: bool = True
    """Write curves for TensorBoard, too."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.ema_decay is not None and self.final == "average":
            raise setting_error("final", "ema_decay is an average already: expected last or best")
        if self.batch_size == 1 and self.batch_norm == "per_process":
            raise setting_error(
                "batch_size",
                "batch normalisation of one utterance takes away what tells it from others: "
                "expected 2 or more, or batch_norm: frozen",
            )
        if self.final == "best" and not self.num_valid_speakers:
            raise setting_error(
                "final", "best needs validation: expected num_valid_speakers above 0"
            )
        if self.final != "average":
            self.refuse_unread("average_last", "final: average")
        if not self.num_valid_speakers:
            self.refuse_unread("num_valid_utterances", "num_valid_speakers above 0")
        return self

    @property
    def num_kept(self) -> int:
        """How many epochs' checkpoints are needed."""
        return max(self.keep_checkpoints, self.average_last if self.final == "average" else 1)
