"""Where in an utterance a crop is, or where in the crop an utterance is that is shorter."""

from collections.abc import Callable
from typing import NamedTuple


class CropPlace(NamedTuple):
    """Frames ``start`` to ``stop - 1`` of an utterance, from frame ``begin`` of the crop on."""

    start: int
    stop: int
    begin: int

    @property
    def inside(self) -> slice:
        """Which frames of the crop are the utterance's; the others are zeros."""
        return slice(self.begin, self.begin + self.stop - self.start)


def place_crop(num_frames: int, wanted: int, choose: Callable[[int], int]) -> CropPlace:
    """Place a crop of ``wanted`` frames in an utterance of ``num_frames``.

    ``choose`` maps the difference of the two lengths to the position of the shorter in the longer:
    short utterances are zero-padded on both sides after CMN, as in voxsrc2020.
    """
    if num_frames > wanted:
        start = choose(num_frames - wanted)
        return CropPlace(start, start + wanted, 0)
    return CropPlace(0, num_frames, choose(wanted - num_frames))
