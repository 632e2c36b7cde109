"""ONNX files with the network's weights in 8 bits (onnxruntime's dynamic quantization).

Weights of convolutions and dense layers are rounded to 8 bits once; what they are multiplied with,
to the range of each input while it runs, so no data is needed for it. The front end stays float32:
its spectra span more than 8 bits. Jacob et al., "Quantization and training of neural networks for
efficient integer-arithmetic-only inference" (CVPR 2018).

Papers:

- Jacob et al.: https://arxiv.org/abs/1712.05877
"""

from pathlib import Path
from typing import Any

from speakernet.model.export.writing import quiet

_QUANTIZED = ["Conv", "Gemm", "MatMul"]
_FRONT_END = "front_end"
_SCOPE = "namespace"
"""Where torch's exporter keeps the names of the modules that a node is from."""


def quantize(source: Path, target: Path) -> None:
    """Write the ONNX file ``source`` to ``target`` with 8-bit weights; its notes stay."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(source)
    with quiet():
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=_QUANTIZED,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=[node.name for node in model.graph.node if _is_front_end(node)],
        )


def _is_front_end(node: Any) -> bool:
    return any(p.key == _SCOPE and _FRONT_END in p.value for p in node.metadata_props)
