"""The options that say how maps of scores are trained: of ``calibrate`` and ``fuse``."""

from pathlib import Path

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.types import prior

CALIBRATION = (
    Argument("--train-utt2spk", Path, "speakers of the training, to check for common ones"),
    Argument("--utt2spk", Path, "speakers of the trials, who may not be in the training"),
    Argument("--p-target", prior, "prior to train at", default=0.05),
)
