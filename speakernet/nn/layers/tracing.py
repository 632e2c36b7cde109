"""Graphs of operators instead of numbers: torch.compile, torch.export, ONNX, TorchScript."""

import torch


def is_traced() -> bool:
    """Return whether a graph is made of the operators that run now; sizes may then be symbols."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined]
