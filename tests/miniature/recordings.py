"""The trees of VoxCeleb 1 and 2: ids, videos, wav files, and m4a files of 16 kHz."""

import random
import shutil
import string
from pathlib import Path

import av

PARTS = ("voxceleb1/dev/wav", "voxceleb1/test/wav", "voxceleb2/dev/aac", "voxceleb2/test/aac")
# The ids that VoxCeleb has of each part; of VoxCeleb2, some of them.
_IDS = (range(10001, 10270), range(10270, 10310), range(12, 9272, 7), range(17, 9272, 7))
_VIDEO = string.ascii_letters + string.digits + "-_"

Trees = dict[str, dict[str, list[str]]]
"""Part to speaker to recordings, ``<speaker>/<video>/<name>.wav``."""


def make_trees(
    folder: Path, voices: list[list[Path]], num_speakers: list[int], rng: random.Random
) -> Trees:
    """Write the recordings below ``<folder>/<part>``."""
    left = iter(voices)
    trees: Trees = {}
    for part, count, ids in zip(PARTS, num_speakers, _IDS, strict=True):
        speakers = sorted(f"id{number:05d}" for number in rng.sample(ids, count))
        trees[part] = {
            speaker: _write_speaker(folder / part, speaker, next(left), rng) for speaker in speakers
        }
    return trees


def _write_speaker(tree: Path, speaker: str, files: list[Path], rng: random.Random) -> list[str]:
    """Half of the recordings are of one video, half of another."""
    videos = ["".join(rng.choices(_VIDEO, k=11)) for _ in range(2)]
    names = []
    for number, file in enumerate(files):
        name = f"{speaker}/{videos[2 * number // len(files)]}/{number + 1:05d}"
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if tree.name == "aac":
            encode(file, target.with_suffix(".m4a"))
        else:
            shutil.copyfile(file, target.with_suffix(".wav"))
        names.append(f"{name}.wav")
    return names


def encode(source: Path, target: Path) -> None:
    """Write AAC in an m4a file, as those of VoxCeleb2 are."""
    with av.open(str(source)) as given, av.open(str(target), "w", format="ipod") as made:
        stream = made.add_stream("aac", rate=16000, layout="mono")
        stream.bit_rate = 64000
        for frame in given.decode(audio=0):
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
