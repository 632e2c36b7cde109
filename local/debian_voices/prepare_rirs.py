"""Simulate room impulse responses and lay them out as the simulated part of RIRS_NOISES (openslr
28).

Sizes and absorptions are drawn as there (T. Ko et al., "A study on data augmentation of reverberant
speech for robust speech recognition", ICASSP 2017): small rooms of 1 to 10 m, medium ones of 10 to
30 m, 2 to 5 m high, absorption 0.2 to 0.8.

Usage: python local/debian_voices/prepare_rirs.py DATA/RIRS_NOISES

Papers:

- Ko et al.: https://doi.org/10.1109/ICASSP.2017.7953152
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from image_source import Point, Room, impulse_response
from wav_file import SAMPLE_RATE_HZ, write_wav

from speakernet.bin.cli import run
from speakernet.work.files import folder_for_replace, open_for_replace
from speakernet.work.workers import map_tasks

logger = logging.getLogger(__name__)

_SIZES_M = {"small": (1.0, 10.0), "medium": (10.0, 30.0)}
_HEIGHTS_M = (2.0, 5.0)
_ABSORPTIONS = (0.2, 0.8)
_WALL_MARGIN_M = 0.2
_MIN_DISTANCE_M = 0.3
_MAX_S = 0.6
_PEAK = 0.5


@dataclass(frozen=True)
class _RoomTask:
    kind: str
    number: int
    num_rirs: int
    seed: int
    folder: Path


def main(argv: Sequence[str] | None = None) -> int:
    """Write ``simulated_rirs/{smallroom,mediumroom}/{rir_list,RoomNNN/RoomNNN-NNNNN.wav}``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=20, help="rooms of each kind")
    parser.add_argument("--rirs-per-room", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nj", type=int, default=1)
    parser.add_argument("target", type=Path, help="the tree, named RIRS_NOISES")
    arguments = parser.parse_args(argv)
    with folder_for_replace(arguments.target) as tree:
        for kind in _SIZES_M:
            folder = tree / "simulated_rirs" / f"{kind}room"
            tasks = [
                _RoomTask(kind, number, arguments.rirs_per_room, arguments.seed, folder)
                for number in range(1, arguments.rooms + 1)
            ]
            map_tasks(_make_room, tasks, arguments.nj, "rooms")
            _write_list(folder / "rir_list", tasks)
    num_rooms = len(_SIZES_M) * arguments.rooms
    num_responses = num_rooms * arguments.rirs_per_room
    logger.info("RIRS_NOISES: %d rooms, %d responses", num_rooms, num_responses)
    return 0


def _wav_name(number: int, rir: int) -> str:
    return f"Room{number:03d}/Room{number:03d}-{rir:05d}.wav"


def _make_room(task: _RoomTask) -> None:
    rng = np.random.default_rng([task.seed, list(_SIZES_M).index(task.kind), task.number])
    length, width = (float(x) for x in rng.uniform(*_SIZES_M[task.kind], size=2))
    size = (length, width, float(rng.uniform(*_HEIGHTS_M)))
    room = Room(size, float(rng.uniform(*_ABSORPTIONS)))
    for rir in range(1, task.num_rirs + 1):
        source, receiver = _places(rng, room)
        response = impulse_response(
            room, source, receiver, sample_rate_hz=SAMPLE_RATE_HZ, max_s=_MAX_S
        )
        write_wav(task.folder / _wav_name(task.number, rir), _PEAK * response)


def _places(rng: np.random.Generator, room: Room) -> tuple[Point, Point]:
    """Draw a source and a receiver that keep away from the walls and from each other."""
    low = np.full(3, _WALL_MARGIN_M)
    high = np.asarray(room.size_m) - _WALL_MARGIN_M
    while True:
        source, receiver = rng.uniform(low, high, size=(2, 3))
        if np.linalg.norm(source - receiver) >= _MIN_DISTANCE_M:
            return _point(source), _point(receiver)


def _point(array: np.ndarray) -> Point:
    x, y, z = (float(value) for value in array)
    return x, y, z


def _write_list(path: Path, tasks: Sequence[_RoomTask]) -> None:
    """Write lines as those of RIRS_NOISES; paths start with the tree's name, as they do there."""
    lines = []
    for task in tasks:
        for rir in range(1, task.num_rirs + 1):
            index = (task.number - 1) * task.num_rirs + rir
            ids = f"--rir-id {task.kind}-{index:05d} --room-id {task.kind}-{task.number - 1:05d}"
            wav = f"RIRS_NOISES/simulated_rirs/{task.kind}room/{_wav_name(task.number, rir)}"
            lines.append(f"{ids} {wav}\n")
    with open_for_replace(path) as file:
        file.writelines(line.encode() for line in lines)


if __name__ == "__main__":
    run(main)
