"""What a pooling is."""

from torch import Tensor, nn

from speakernet.config import Registry


class Pooling(nn.Module):
    """Maps (batch, channel, time, mel) to (batch, ``output_dim``).

    A subclass is built from the number of ``channels`` and mel positions (``num_bins``).
    Statistics are computed in float32 whatever the type of the map: sums of squares overflow
    half precision.
    """

    def __init__(self, channels: int, num_bins: int) -> None:
        super().__init__()
        self.channels = channels
        self.num_bins = num_bins

    @property
    def output_dim(self) -> int:
        """Length of the pooled vector."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) over time."""
        raise NotImplementedError


POOLINGS = Registry[type[Pooling]]("pooling")
