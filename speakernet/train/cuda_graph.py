"""CUDA graphs: one launch for all kernels of a function that accumulates into fixed tensors."""

import logging
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

logger = logging.getLogger(__name__)

# Eager calls before the capture, in which compilation, cuDNN's choice of algorithms and the
# allocations of libraries take place.
_NUM_WARMUP_CALLS = 3


# Allowed relative difference between a replay and an eager call: well above rounding in bf16 and
# another order of summation, well below the effect of an operation missing from the graph.
_TOLERANCE = 0.05


class GraphedFunction:
    """Calls ``function`` eagerly a few times, then captures it in a CUDA graph and replays that.

    ``function`` takes tensors, returns nothing, does not synchronise with the device, and reads and
    writes only its arguments and tensors at fixed addresses, of which it changes ``mutated``.
    Arguments of other shapes or types than those of the first call are passed to ``function``
    itself. The first replay is compared with an eager call. If the capture fails or the two differ,
    a warning is logged and all further calls are eager.
    """

    def __init__(self, function: Callable[..., None], mutated: Iterable[Tensor]) -> None:
        self._function = function
        self._mutated = list(mutated)
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
        elif self._calls < _NUM_WARMUP_CALLS:
            self._calls += 1
            self._call_on_capture_stream(*inputs)
        elif self._graph is None:
            self._capture_and_compare(*inputs)
        else:
            self._replay(*inputs)

    def _fits(self, inputs: tuple[Tensor, ...]) -> bool:
        pairs = zip(inputs, self._inputs, strict=True)
        return all(x.shape == y.shape and x.dtype == y.dtype for x, y in pairs)

    def _call_on_capture_stream(self, *inputs: Tensor) -> None:
        """Call the function eagerly on the stream that the capture uses."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            self._function(*inputs)
        current.wait_stream(self._stream)

    def _replay(self, *inputs: Tensor) -> None:
        torch._foreach_copy_(self._inputs, list(inputs))
        assert self._graph is not None
        self._graph.replay()

    def _capture_and_compare(self, *inputs: Tensor) -> None:
        """Call the function eagerly, capture it, and compare the effects of a replay and the call.

        Either way the mutated tensors change as by one call.
        """
        before = self._state()
        self._call_on_capture_stream(*inputs)
        after_call = self._state()
        if not all(bool(tensor.isfinite().all()) for tensor in after_call):
            return  # an fp16 overflow cannot be compared: capture at the next call
        if not self._capture():
            return
        self._restore(before)
        self._replay(*inputs)
        if not all(map(_same_change, before, after_call, self._mutated)):
            logger.warning("a CUDA graph of the training step gives other results: not used")
            self._failed = True
            self._restore(after_call)

    def _state(self) -> list[Tensor]:
        return [tensor.clone() for tensor in self._mutated]

    def _restore(self, state: list[Tensor]) -> None:
        for tensor, value in zip(self._mutated, state, strict=True):
            tensor.copy_(value)

    def _capture(self) -> bool:
        """Capture the function; return whether that succeeded."""
        graph, current = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # thread_local: other threads may use the device meanwhile (to pin the loader's memory).
            with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                self._function(*self._inputs)
        except RuntimeError as error:
            # After a failed capture torch leaves the capture stream current.
            torch.cuda.set_stream(current)
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            logger.warning("no CUDA graph of the training step, it will be slower: %s", reason)
            self._failed = True
            return False
        self._graph = graph
        return True


def _same_change(before: Tensor, after_call: Tensor, after_replay: Tensor) -> bool:
    if not before.is_floating_point():
        return torch.equal(after_call, after_replay)
    change = torch.linalg.vector_norm(after_call - before)
    return bool(torch.linalg.vector_norm(after_replay - after_call) <= _TOLERANCE * change)
