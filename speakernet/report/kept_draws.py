"""Draws of an experiment's rows on disk: ``draws.npz``, from which differences are computed."""

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from speakernet.arrays import Float64
from speakernet.config import UserError
from speakernet.config.files import read_bytes
from speakernet.report.draws import Draws
from speakernet.work.files import open_for_replace

DRAWS = "draws.npz"
_ABOUT = "about"
_MAX_BYTES = 1 << 30
_DAMAGES = (
    AttributeError, EOFError, KeyError, MemoryError, NotImplementedError, OSError, OverflowError,
    RuntimeError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile and NumPy raise for files that are no draws."""


class KeptDraws(NamedTuple):
    """Draws of a row. Those of two rows are pairs where ``drawn_from`` is the same.

    drawn_from: a digest of trials, their speakers and the options of the draws.
    """

    draws: Draws
    drawn_from: str


class _About(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    p_targets: list[str]
    num_speakers: int
    least: float
    drawn_from: str


_ABOUTS = TypeAdapter(dict[str, _About])


def write_draws(path: Path, kept: Mapping[str, KeptDraws]) -> None:
    """Write the draws of rows, by the digest of their inputs; equal draws give equal bytes."""
    abouts = {digest: _about(one) for digest, one in sorted(kept.items())}
    arrays: dict[str, Any] = {_ABOUT: np.frombuffer(json.dumps(abouts).encode(), np.uint8)}
    for digest, one in sorted(kept.items()):
        arrays[digest] = np.vstack([one.draws.estimates, one.draws.samples])
    with open_for_replace(path) as file:
        content = BytesIO()  # as a zip file is not written from front to back
        np.savez(content, allow_pickle=False, **arrays)
        file.write(content.getvalue())


def _about(kept: KeptDraws) -> dict[str, object]:
    draws = kept.draws
    fields = {"num_speakers": draws.num_speakers, "least": draws.least}
    return {"p_targets": list(draws.p_targets), **fields, "drawn_from": kept.drawn_from}


def read_draws(path: Path) -> dict[str, KeptDraws]:
    """Return draws by the digest of their inputs: none where there is no file or another one.

    They can be made again, so that what is not understood counts as not there.
    """
    try:
        with np.load(BytesIO(read_bytes(path, _MAX_BYTES)), allow_pickle=False) as arrays:
            if any(member.compress_type != zipfile.ZIP_STORED for member in arrays.zip.infolist()):
                return {}  # ours are not compressed; others may be larger than they look
            abouts = _ABOUTS.validate_json(arrays[_ABOUT].tobytes())
            return {digest: _kept(about, arrays[digest]) for digest, about in abouts.items()}
    except (UserError, *_DAMAGES):
        return {}


def _kept(about: _About, figures: Float64) -> KeptDraws:
    if figures.ndim != 2 or figures.shape[1] != 1 + 2 * len(about.p_targets) or len(figures) < 3:
        raise ValueError(f"{figures.shape} figures do not fit")
    values = figures.astype(np.float64, casting="safe")
    p_targets = tuple(about.p_targets)
    draws = Draws(values[0], values[1:], p_targets, about.num_speakers, about.least)
    return KeptDraws(draws, about.drawn_from)
