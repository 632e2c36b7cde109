"""Features of utterances at and around every length where something changes."""

import numpy as np

from speakernet.arrays import Float32

LENGTHS = (1, 24, 25, 60, 99, 100, 124, 125, 225, 250, 250, 330, 60)
MEL = 8


def utterances() -> list[tuple[str, Float32]]:
    """Return ids and features (frames, mel)."""
    generator = np.random.default_rng(0)
    return [
        (f"u{i:02d}", generator.normal(size=(length, MEL)).astype(np.float32))
        for i, length in enumerate(LENGTHS)
    ]
