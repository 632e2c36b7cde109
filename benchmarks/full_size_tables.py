"""Tables as large as VoxCeleb's, without audio: what the programs are measured with that read them.

Ids, paths and entries are as long as the real ones. Noises and rooms are as many as MUSAN's and
those of RIRS_NOISES, and are links to one short recording.

    python -m benchmarks.full_size_tables FOLDER SCALE
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from speakernet.audio.wav import write_wav
from speakernet.kaldi.datadir import write_spk2utt
from speakernet.kaldi.tables import write_table

COHORT = (1_092_009, 5_994)
TEST = (153_516, 1_251)
TRIALS = {
    "trials_o_clean": (18_802, 18_809),
    "trials_e_clean": (289_921, 289_897),
    "trials_h_clean": (275_488, 275_406),
}
MUSAN = {"noise": 930, "music": 660, "speech": 426}
NUM_ROOMS, RESPONSES_OF_A_ROOM = 200, 100  # of smallroom, and of mediumroom
_UTTERANCES_OF_A_VIDEO = 7
_M4A = "ffmpeg -nostdin -v error -i {} -ac 1 -ar 16000 -f wav -acodec pcm_s16le - |"
_MAX_LINKS = 30_000  # to one file; file systems have a limit


def make_tables(folder: Path, scale: float) -> None:
    """Write data dirs ``train`` and ``test`` (with trial lists), ``musan`` and ``RIRS_NOISES``."""
    names = write_data_dir(folder / "train", "VoxCeleb2/dev/aac", *_scaled(COHORT, scale))
    rows = ((name, f"{folder}/ark/raw.{number % 48}.ark:{number * 64_000 + 30}")
            for number, name in enumerate(names))  # fmt: skip
    write_table(folder / "train/feats.scp", rows)
    names = write_data_dir(folder / "test", "VoxCeleb1/dev/wav", *_scaled(TEST, scale))
    for name, counts in TRIALS.items():
        write_trials(folder / "test" / name, names, [int(count * scale) for count in counts])
    break_some(folder / "train", folder / "broken")
    write_noises(folder / "musan")
    write_rooms(folder / "RIRS_NOISES")


def _scaled(counts: tuple[int, int], scale: float) -> tuple[int, int]:
    return int(counts[0] * scale), int(counts[1] * scale)


def write_data_dir(folder: Path, place: str, num_utts: int, num_speakers: int) -> list[str]:
    """Write ``wav.scp``, ``utt2spk``, ``spk2utt``, ``reco2dur`` and ``utt2num_frames``; return the
    ids.
    """
    folder.mkdir(parents=True)
    names = list(_names(num_utts, num_speakers))
    write_table(folder / "wav.scp", ((name, _entry(place, name)) for name in names))
    write_table(folder / "utt2spk", ((name, name[:7]) for name in names))
    write_spk2utt(folder / "utt2spk", folder / "spk2utt")
    seconds = np.random.default_rng(0).gamma(2, 2, num_utts) + 4
    durations = zip(names, seconds.tolist(), strict=True)
    write_table(folder / "reco2dur", ((name, f"{value:.3f}") for name, value in durations))
    frames = zip(names, (seconds * 100).astype(int).tolist(), strict=True)
    write_table(folder / "utt2num_frames", ((name, str(value)) for name, value in frames))
    return names


def _names(num_utts: int, num_speakers: int) -> Iterator[str]:
    for number in range(num_utts):
        speaker = number * num_speakers // num_utts
        video, clip = divmod(number, _UTTERANCES_OF_A_VIDEO)
        yield f"id{speaker + 10001:05d}/{video:011d}/{clip + 1:05d}.wav"


def _entry(place: str, name: str) -> str:
    if place.endswith("aac"):
        return _M4A.format(f"/corpora/{place}/{name[:-4]}.m4a")
    return f"/corpora/{place}/{name}"


def write_trials(path: Path, names: Sequence[str], counts: Sequence[int]) -> None:
    """Write target pairs of neighbours in the list of utterances and nontarget pairs of others."""
    rng = np.random.default_rng(counts[0])
    lefts = rng.integers(len(names), size=20 * sum(counts))
    rights = rng.integers(len(names), size=20 * sum(counts))
    near = (lefts + rng.integers(1, 5, size=len(lefts))) % len(names)
    pairs = dict.fromkeys(_pairs(names, lefts, near, "target", counts[0]))
    pairs |= dict.fromkeys(_pairs(names, lefts, rights, "nontarget", counts[1]))
    path.write_text("".join(f"{pair}\n" for pair in pairs))


def _pairs(
    names: Sequence[str], lefts: np.ndarray, rights: np.ndarray, label: str, count: int
) -> Iterator[str]:
    for left, right in zip(lefts.tolist(), rights.tolist(), strict=True):
        if count and (names[left][:7] == names[right][:7]) == (label == "target"):
            count -= 1
            yield f"{names[left]} {names[right]} {label}"


def break_some(source: Path, target: Path) -> None:
    """Copy a data dir without every hundredth line of ``wav.scp``."""
    shutil.copytree(source, target)
    lines = (source / "wav.scp").read_text().splitlines(keepends=True)
    (target / "wav.scp").write_text("".join(x for n, x in enumerate(lines) if n % 100))


def write_noises(folder: Path) -> None:
    """Write a tree like MUSAN's."""
    for part, count in MUSAN.items():
        _link_many(folder / part / "one", [f"{part}-{number:04d}.wav" for number in range(count)])


def write_rooms(folder: Path) -> None:
    """Write a tree like the simulated rooms of RIRS_NOISES, with their lists."""
    for size in ("smallroom", "mediumroom"):
        lines = []
        for room in range(1, NUM_ROOMS + 1):
            name = f"Room{room:03d}"
            files = [f"{name}-{number:05d}.wav" for number in range(1, RESPONSES_OF_A_ROOM + 1)]
            _link_many(folder / "simulated_rirs" / size / name, files)
            lines += [
                f"--rir-id {size}-{file[:-4]} --room-id {size}-{name} "
                f"RIRS_NOISES/simulated_rirs/{size}/{name}/{file}\n"
                for file in files
            ]
        (folder / "simulated_rirs" / size / "rir_list").write_text("".join(lines))


def _link_many(folder: Path, names: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    source = folder / names[0]
    write_wav(source, np.full(1600, 100, np.int16), 16000)
    for name in names[1:_MAX_LINKS]:
        os.link(source, folder / name)


if __name__ == "__main__":
    make_tables(Path(sys.argv[1]), float(sys.argv[2]))
