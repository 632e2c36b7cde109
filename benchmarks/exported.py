"""Embed a data directory with an ONNX file of `speakernet export --from waveform`.

    python benchmarks/exported.py model.onnx data/debian_voices/test /tmp/onnx/test

Writes <output>/embedding.{ark,scp}, which `steps/score.sh` takes. Each recording is one input,
however long, at most two minutes.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime

from speakernet.audio.reader import AudioReader
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.wav_scp import iter_utterances

_LONGEST = 120 * 16000


def embed(model: Path, data_dir: Path, output: Path) -> int:
    """Write the embeddings of all utterances; return how many there are."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options)
    least = int(session.get_modelmeta().custom_metadata_map["min_steps"])
    output.mkdir(parents=True, exist_ok=True)
    reader, count = AudioReader(16000), 0
    with ArkWriter(output / "embedding.ark", output / "embedding.scp") as writer:
        for utterance in iter_utterances(data_dir):
            waveform = reader.read_utterance(utterance)[:_LONGEST] / np.float32(32768)
            waveform = np.resize(waveform, max(len(waveform), least))
            writer.write(utterance.name, session.run(None, {"waveform": waveform[None]})[0][0])
            count += 1
    return count


if __name__ == "__main__":
    print(embed(*map(Path, sys.argv[1:])), "embeddings")
