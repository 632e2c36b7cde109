"""Many small kernels launched at once: a CUDA graph of a function that adds to fixed tensors."""

import logging
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

# Plain calls before recording: compilation, cuDNN's choice of algorithms and the allocations of
# libraries must be over by then.
_NUM_PLAIN_CALLS = 3


# Rounding in bf16 and sums in another order stay well below; what a recording missed does not.
_TOLERANCE = 0.05


class GraphedFunction:
    """Calls ``function``, a few times as it is, from then on by replaying a recording of it.

    ``function`` takes tensors, returns nothing, does not wait for the device, and reads and writes
    only its arguments and tensors that stay where they are; ``written`` are those it changes.
    Arguments of another shape or type than the first ones' go to ``function`` itself. The first
    replay is compared with a call. If recording fails, or the replay does something else than the
    call did, that is logged, and all go to ``function``.
    """

    def __init__(self, function: Callable[..., None], written: Iterable[Tensor]) -> None:
        self._function = function
        self._written = list(written)
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
        elif self._graph is None:
            self._begin(*inputs)
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
        torch._foreach_copy_(self._inputs, list(inputs))
        assert self._graph is not None
        self._graph.replay()

    def _begin(self, *inputs: Tensor) -> None:
        """Call the function, record it, and see whether a replay does the same."""
        before = self._state()
        self._call_aside(*inputs)
        called = self._state()
        if not all(bool(tensor.isfinite().all()) for tensor in called):
            return  # fp16 overflowed, which tells nothing: the next call will
        if not self._record():
            return
        self._restore(before)
        self._replay(*inputs)
        if not all(map(_same_change, before, called, self._written)):
            logger.warning("a CUDA graph of the training step computes something else: not used")
            self._failed = True
            self._restore(called)

    def _state(self) -> list[Tensor]:
        return [tensor.clone() for tensor in self._written]

    def _restore(self, state: list[Tensor]) -> None:
        for tensor, value in zip(self._written, state, strict=True):
            tensor.copy_(value)

    def _record(self) -> bool:
        graph, current = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # Thread local: others (a loader that pins memory) may use the device meanwhile.
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                self._function(*self._inputs)
        except RuntimeError as error:
            # torch leaves its own stream in place where it cannot end a recording.
            torch.cuda.set_stream(current)
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            logger.warning("no CUDA graph of the training step, it will be slower: %s", reason)
            self._failed = True
            return False
        self._graph = graph
        return True


def _same_change(before: Tensor, called: Tensor, replayed: Tensor) -> bool:
    if not before.is_floating_point():
        return torch.equal(called, replayed)
    change = torch.linalg.vector_norm(called - before)
    return bool(torch.linalg.vector_norm(replayed - called) <= _TOLERANCE * change)
