"""Speaker verification: Kaldi-style stages and files around a PyTorch core."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speakernet.model.packaged_model import PackagedModel

__version__ = "0.1.0"

__all__ = ["load_model"]


def load_model(path: str | os.PathLike[str], *, device: str = "cpu") -> "PackagedModel":
    """Return a packaged model; see ``speakernet.model.packaged_model.load_model``."""
    from speakernet.model import packaged_model  # torch takes a second to import

    return packaged_model.load_model(path, device=device)
