"""Base class of poolings and of their options."""

from torch import Tensor, nn

from speakernet.config import Choices, Config


class PoolingOptions(Config):
    """What every pooling has: a name."""

    name: str


class Pooling(nn.Module):
    """Maps (batch, channel, time, mel) to (batch, ``output_dim``).

    A subclass is built from its options and the number of ``channels`` and mel positions
    (``num_bins``). Statistics are computed in float32 whatever the type of the map: sums of squares
    overflow half precision.
    """

    values_per_position = 1
    """Values that are pooled of each channel and mel position, such as 2: mean and deviation."""

    def __init__(self, config: PoolingOptions, channels: int, num_bins: int) -> None:
        super().__init__()
        self.config = config
        self.channels = channels
        self.num_bins = num_bins

    @property
    def output_dim(self) -> int:
        """Length of the pooled vector."""
        return self.values_per_position * self.channels * self.num_bins

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` (batch, channel, time, mel) over time."""
        raise NotImplementedError


POOLINGS = Choices[PoolingOptions, type[Pooling]]("pooling")


def build_pooling(config: PoolingOptions, channels: int, num_bins: int) -> Pooling:
    """Return the pooling that ``config.name`` stands for; an unknown name raises UserError."""
    return POOLINGS.get(config.name)(config, channels, num_bins)
