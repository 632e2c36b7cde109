"""Published checkpoints of other systems: from their names of tensors to ours."""

from speakernet.nn.upstream.convert import Converted, convert, read_upstream, write_experiment

__all__ = ["Converted", "convert", "read_upstream", "write_experiment"]
