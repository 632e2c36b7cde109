"""Make a tree like MUSAN's from what there is: sound files of one's own, or simulated noise, and
speech of the training set.

Usage: python local/noises/make_noises.py --data-root DIR DATA/train DATA/musan
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from simulated_noise import simulate

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.prepare.audio_files import entry_of, inspect, iter_files, no_audio
from speakernet.work.files import folder_for_replace
from speakernet.work.workers import map_tasks

logger = logging.getLogger(__name__)

MAX_FILES, MAX_S, MAX_SPEECH, NUM_SIMULATED = 500, 30, 200, 48
_RATE_HZ = 16_000


class Sound(NamedTuple):
    """What becomes a wav file: an utterance (a whole file, too), or simulated noise by number."""

    source: Utterance | int


def main(argv: Sequence[str] | None = None) -> int:
    """Write ``{noise,music,speech}/own/*.wav``, whole or not at all."""
    arguments = _parse(argv)
    root: Path = arguments.data_root
    noises, music = (_own_sounds(root / name, arguments.nj) for name in ("noises", "music"))
    kinds = {
        "noise": noises or [Sound(number) for number in range(NUM_SIMULATED)],
        "music": music or noises or [Sound(number) for number in range(NUM_SIMULATED)],
        "speech": _speech(arguments.train),
    }
    origins = {
        "noise": str(root / "noises") if noises else "simulated",
        "music": str(root / "music") if music else "the noises again",
        "speech": str(arguments.train),
    }
    with folder_for_replace(arguments.target) as tree:
        for kind, sounds in kinds.items():
            folder = tree / kind / "own"
            folder.mkdir(parents=True)
            tasks = list(enumerate(sounds))
            map_tasks(partial(_write, folder, kind), tasks, arguments.nj, "files")
            logger.info("%s: %d files: %s", kind, len(sounds), origins[kind])
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True, help="may hold noises/ and music/")
    parser.add_argument("--nj", type=int, default=1)
    parser.add_argument("train", type=Path, help="data dir whose speech is the babble")
    parser.add_argument("target", type=Path, help="the tree to write")
    return parser.parse_args(argv)


def _own_sounds(folder: Path, num_jobs: int) -> list[Sound]:
    """Return the files of a folder that can be used, at most 500, spread over all of them."""
    if not folder.is_dir():
        return []
    files = _spread([path for path in iter_files(folder) if not no_audio(path)], MAX_FILES)
    found = map_tasks(inspect, files, num_jobs, "files")
    good = [path for path, file in zip(files, found, strict=True) if not file.problem]
    for path, file in zip(files, found, strict=True):
        if file.problem:
            logger.warning("%s is left out: %s", path, file.problem)
    if not good:
        raise UserError(f"{folder}: found no sound file that can be used; remove it or put some in")
    return [Sound(Utterance(path.name, entry_of(path), str(path))) for path in good]


def _spread(items: list[Path], limit: int) -> list[Path]:
    return items[:: -(-len(items) // limit)] if items else []


def _speech(train: Path) -> list[Sound]:
    """Return up to 200 utterances, the speakers taking turns."""
    speakers = read_spk2utt(train / "spk2utt").values()
    places = {utt: (place, utt) for utts in speakers for place, utt in enumerate(utts)}
    chosen = set(sorted(places, key=places.__getitem__)[:MAX_SPEECH])
    return [Sound(u) for u in iter_utterances(train) if u.name in chosen]


def _write(folder: Path, kind: str, task: tuple[int, Sound]) -> None:
    number, sound = task
    samples = _samples(sound)[: MAX_S * _RATE_HZ]
    pcm = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    write_wav(folder / f"{kind}-own-{number:04}.wav", pcm, _RATE_HZ)


def _samples(sound: Sound) -> Float32:
    """Return samples (num_samples,) in the scale of 16-bit integers."""
    if isinstance(sound.source, int):
        return simulate(sound.source, _RATE_HZ)
    return AudioReader(_RATE_HZ, channel="average").read_utterance(sound.source)


if __name__ == "__main__":
    run(main)
