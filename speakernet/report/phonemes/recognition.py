"""Phones of recordings by pocketsphinx's phone recognizer and its English model."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from speakernet.audio.reader import AudioReader
from speakernet.backend.inputs import SAMPLE_RATE
from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.wav_scp import iter_utterances
from speakernet.work.files import open_for_replace
from speakernet.work.progress import progress

_FRAME_S = 0.01
# The settings of pocketsphinx's own documentation of phone recognition.
_SETTINGS = {
    "lm": None,
    "dict": None,
    "beam": 1e-20,
    "pbeam": 1e-20,
    "lw": 2.0,
    "loglevel": "FATAL",
}


def recognize(data_dir: Path, output: Path) -> int:
    """Write the phones of all utterances to a ctm file; return how many utterances there are.

    Raises UserError where pocketsphinx is missing, or a recording cannot be read.
    """
    decoder = _decoder()
    reader, total = AudioReader(SAMPLE_RATE), len(read_table(data_dir / "wav.scp"))
    count = 0
    with open_for_replace(output) as file:
        for utterance in progress(iter_utterances(data_dir), total, "utterances"):
            samples = np.rint(reader.read_utterance(utterance)).clip(-32768, 32767)
            for start, end, label in _phones(decoder, samples.astype("<i2").tobytes()):
                line = f"{utterance.name} 1 {start * _FRAME_S:.2f} "
                file.write(f"{line}{(end + 1 - start) * _FRAME_S:.2f} {label}\n".encode())
            count += 1
    return count


def _decoder() -> Any:
    if find_spec("pocketsphinx") is None:
        raise UserError(
            "recognizing phones needs pocketsphinx, which the environment lacks; run "
            "pip install pocketsphinx, or give an alignment (--alignments)"
        )
    pocketsphinx = import_module("pocketsphinx")
    path = pocketsphinx.get_model_path
    return pocketsphinx.Decoder(
        hmm=path("en-us/en-us"), allphone=path("en-us/en-us-phone.lm.bin"), **_SETTINGS
    )


def _phones(decoder: Any, pcm: bytes) -> list[tuple[int, int, str]]:
    """Return first and last frame and the label of each phone in 16-bit samples."""
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    return [(each.start_frame, each.end_frame, each.word) for each in decoder.seg() or ()]
