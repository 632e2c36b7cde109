"""What a packaged model says of recordings."""

from dataclasses import dataclass

from speakernet.arrays import Float32


@dataclass(frozen=True, eq=False)
class Embedding:
    """A recording's embedding, (dim,), or (crops, dim) where the model compares crops.

    duration_s: of the recording; notes: what is odd about it.
    """

    name: str
    vector: Float32
    duration_s: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A recording that has no embedding, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Verification:
    """What two recordings have in common.

    score: cosine, or what else the model compares by. normalized: the same against the cohort, or
    None without one. llr: log-likelihood ratio in nats, of one speaker against two, or None without
    a calibration. same: whether that is enough at the prior; None without a calibration. notes:
    what is odd about either recording.
    """

    score: float
    normalized: float | None
    llr: float | None
    same: bool | None
    prior: float
    notes: tuple[str, ...] = ()
