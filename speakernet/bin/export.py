"""Export a packaged model to ONNX, torch.export or TorchScript, checked.

The file has one input, "waveform" (batch, samples; in [-1, 1], at the model's rate) or "features"
(batch, frames, values; with the mean taken off), and one output, "embedding" (batch, dim). Batch
and length are free. What was written is compared with the network on pieces of 20 lengths, and is
kept only if no value of an embedding differs by more than 1e-4 of their root mean square.
docs/export.md says how to use it.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, options_from, program
from speakernet.bin.options.types import truth

FORMATS = ("onnx", "torch-export", "torchscript")


@program("users")
@argument("model", Path, "a packaged model, as speakernet package makes it")
@argument("output", Path, "the file to write, such as model.onnx")
@argument("--model-format", str, "of the file", choices=FORMATS, default="onnx")
@argument(
    "--from",
    str,
    "input: waveform (front end and network) or features (the network alone)",
    choices=("waveform", "features"),
    default="waveform",
    dest="source",
)
@argument("--int8", truth, "weights of 8 bits (onnx only)", default="false")
@argument(
    "--audio",
    Path,
    "a recording to check with, repeatable (default: a generated signal)",
    action="append",
    default=[],
)
def main(args: Namespace) -> int:
    """Export as the arguments say; return the exit status."""
    from speakernet.model.export.job import ExportJob, export
    from speakernet.model.packaged_model import load_model

    found = export(options_from(ExportJob, args), load_model(args.model))
    signal = f"{len(args.audio)} recordings" if args.audio else "a generated signal"
    text = f"largest difference to PyTorch {found.pytorch:.1e}, least cosine {found.cosine:.6f}"
    if found.extraction is not None:
        text += f"; largest difference to extraction {found.extraction:.1e}"
    print(f"{args.output}: {text} ({found.num_lengths} lengths of {signal})")
    return 0


if __name__ == "__main__":
    run(main)
