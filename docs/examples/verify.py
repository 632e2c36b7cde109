"""Compare recordings with an exported model; needs onnxruntime, numpy and soundfile, no PyTorch.

    python docs/examples/verify.py model.onnx one.wav other.wav

The model is from `speakernet export` with `--from waveform`. Prints the cosine of the embeddings.
"""

import sys

import numpy as np
import onnxruntime
import soundfile
from numpy.typing import NDArray

Array = NDArray[np.float32]


def embed(session: onnxruntime.InferenceSession, path: str) -> Array:
    """Return the embedding (dim,) of the first channel of a recording."""
    notes = session.get_modelmeta().custom_metadata_map
    if notes["input"] != "waveform":
        sys.exit(f"the model takes {notes['input']}; expected one made with --from waveform")
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != int(notes["sample_rate"]):
        sys.exit(f"{path}: found {rate} Hz; expected {notes['sample_rate']} Hz")
    waveform = samples[:, 0]
    if not len(waveform):
        sys.exit(f"{path}: found no samples")
    # What is too short is repeated.
    waveform = np.resize(waveform, max(len(waveform), int(notes["min_steps"])))
    embeddings: Array = session.run(["embedding"], {"waveform": waveform[None]})[0]
    return embeddings[0]


def main(model: str, one: str, other: str) -> None:
    """Print the cosine of two recordings."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    a, b = embed(session, one), embed(session, other)
    print(f"{a @ b / np.linalg.norm(a) / np.linalg.norm(b):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
