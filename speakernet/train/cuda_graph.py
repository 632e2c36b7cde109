"""Many small kernels launched at once: a CUDA graph of a function that adds to fixed tensors."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor

_LOG = logging.getLogger(__name__)

# Plain calls before recording: compilation, cuDNN's choice of algorithms and the allocations of
# libraries must be over by then.
_NUM_PLAIN_CALLS = 3


class GraphedFunction:
    """Calls ``function``, a few times as it is, from then on by replaying a recording of it.

    ``function`` takes tensors, returns nothing, does not wait for the device, and reads and writes
    only its arguments and tensors that stay where they are. Arguments of another shape or type than
    the first ones' go to ``function`` itself. If recording fails, that is logged, and all do.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self._stream = torch.cuda.Stream()
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: list[Tensor] = []
        self._calls = 0
        self._failed = False

    def __call__(self, *inputs: Tensor) -> None:
        if not self._inputs:
            self._inputs = [x.clone() for x in inputs]
        if self._failed or not self._fits(inputs):
            self._function(*inputs)
        elif self._calls < _NUM_PLAIN_CALLS:
            self._calls += 1
            self._call_aside(*inputs)
        else:
            self._replay(*inputs)

    def _fits(self, inputs: tuple[Tensor, ...]) -> bool:
        pairs = zip(inputs, self._inputs, strict=True)
        return all(x.shape == y.shape and x.dtype == y.dtype for x, y in pairs)

    def _call_aside(self, *inputs: Tensor) -> None:
        """Call the function on the stream that will be recorded."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            self._function(*inputs)
        current.wait_stream(self._stream)

    def _replay(self, *inputs: Tensor) -> None:
        if self._graph is None and not self._record():
            self._function(*inputs)
            return
        assert self._graph is not None
        torch._foreach_copy_(self._inputs, list(inputs))
        self._graph.replay()

    def _record(self) -> bool:
        graph = torch.cuda.CUDAGraph()
        try:
            # Thread local: others (a loader that pins memory) may use the device meanwhile.
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                self._function(*self._inputs)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            _LOG.warning("no CUDA graph of the training step, it will be slower: %s", reason)
            self._failed = True
            return False
        self._graph = graph
        return True
