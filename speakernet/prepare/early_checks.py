"""What would stop a recipe after hours, looked for before the first of its stages and after."""

import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from speakernet.audio.files import audio_length
from speakernet.config.errors import UserError
from speakernet.config.files import is_given
from speakernet.data.online_augment import find_rir_list
from speakernet.kaldi.audio_nodes import Command
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.room_lists import read_responses
from speakernet.kaldi.tables import iter_ids, iter_table
from speakernet.kaldi.trials import read_trials
from speakernet.prepare.durations import parse_duration
from speakernet.prepare.musan import PARTS, find_audio

FRAMES_PER_S = 100
"""Frames of features a second."""

_ROOMS = ("smallroom", "mediumroom")
_MEAN_UTTERANCE_S = 8.0  # where no table says it; VoxCeleb's
_WITH_MARGIN = 1.05  # for what else is written


def check_noises(musan: Path) -> None:
    """Raise UserError if a part of MUSAN has no audio, or a file whose header cannot be read."""
    for part in PARTS:
        files = sorted(find_audio(musan / part).values())
        if not files:
            raise UserError(f"{musan / part}: found no audio; expected a tree like MUSAN's")
        _read_headers(files)


def check_rooms(rirs: Path) -> None:
    """Raise UserError if a list of responses names a file that is missing, or unreadable by its
    header.
    """
    for room in _ROOMS:
        path = find_rir_list(rirs, room)
        locations = [response.location for response in read_responses([f"1,{path}"])]
        files = [location for location in locations if not location.endswith("|")]
        missing = [file for file in files if not os.path.isfile(file)]
        if missing:
            raise UserError(
                f"{path}: {len(missing)} of {len(files)} files are missing, the first: {missing[0]}"
            )
        _read_headers(files)


def _read_headers(files: Iterable[str]) -> None:
    for file in files:
        if not audio_length(file)[0]:
            raise UserError(f"{file}: found no samples")


def check_trials(lists: Iterable[Path], test_set: Path, enroll_spk2utt: Path | None = None) -> None:
    """Raise UserError if a trial list cannot be read or has other utterances than the test set.

    With ``enroll_spk2utt`` the lists' first ids are its models, whose utterances are checked.
    """
    table = test_set / "utt2spk"
    known = {name.decode() for name in iter_ids(table)}
    models = None if enroll_spk2utt is None else read_spk2utt(enroll_spk2utt)
    if models is not None:
        members = {utt for utterances in models.values() for utt in utterances}
        _check_known(str(enroll_spk2utt), members, known, table)
    for path in lists:
        trials = read_trials(path)
        if models is None:
            _check_known(str(path), {*trials.enroll, *trials.test}, known, table)
        else:
            _check_known(str(path), set(trials.test), known, table)
            _check_known(str(path), set(trials.enroll), set(models), enroll_spk2utt, "models")


def _check_known(
    place: str, names: set[str], known: set[str], table: Path | None, kind: str = "utterances"
) -> None:
    if unknown := sorted(names - known):
        raise UserError(
            f"{place}: {len(unknown)} {kind} are not in {table}, the first: "
            f"'{unknown[0]}'{near_miss(unknown[0], known)}"
        )


def check_programs(sets: Iterable[Path]) -> None:
    """Raise UserError if a program is not installed that commands in a ``wav.scp`` call."""
    seen: set[str] = set()
    for folder in sets:
        for name, entry in iter_table(folder / "wav.scp"):
            begin = entry.split(" ", 1)[0]
            if not entry.endswith("|") or begin in seen:
                continue
            seen.add(begin)
            for program in programs_of(entry):
                if shutil.which(program) is None:
                    raise UserError(
                        f"{folder}/wav.scp: '{name}' needs the program '{program}', which is not "
                        "installed here"
                    )


def programs_of(entry: str) -> Iterator[str]:
    """Yield the programs that reading an entry starts; what Kaldi's scripts write needs none."""
    if not isinstance(parse_entry(entry), Command):
        return
    words = shlex.shlex(entry, punctuation_chars=True, posix=True)
    words.whitespace_split = True
    begins = True
    for word in words:
        is_operator = not word.strip("|&;()")
        if begins and not is_operator and "=" not in word and not word.startswith(("$", "{")):
            yield word
            begins = False
        begins = begins or is_operator


@dataclass(frozen=True)
class FeatureRoom:
    """Features to come: of ``seconds``, ``copies`` times, ``num_bins`` values of a byte a frame."""

    seconds: float
    target: Path
    copies: float
    num_bins: int

    def num_bytes(self) -> float:
        """Return the estimated size of what is not there yet."""
        if (self.target / "feats.scp").is_file():
            return 0.0
        return self.copies * self.seconds * FRAMES_PER_S * frame_bytes(self.num_bins)


def frame_bytes(num_bins: int) -> int:
    """Return how many bytes a frame of compressed features takes, its share of headers included."""
    return num_bins + 2


def duration_of(folder: Path) -> float:
    """Return the duration of a set in seconds: by its tables, or by its number of utterances."""
    for table in ("utt2dur", "reco2dur"):
        if is_given(folder / table):
            rows = enumerate(iter_table(folder / table, num_fields=2), start=1)
            return sum(parse_duration(text, f"{folder / table}:{n}") for n, (_, text) in rows)
    return _MEAN_UTTERANCE_S * sum(1 for _ in iter_ids(folder / "utt2spk"))


def check_room(features: Iterable[FeatureRoom], place: Path, free: Callable[[Path], int]) -> None:
    """Raise UserError if the disk of ``place`` has not the room for features that are to come."""
    needed = sum(room.num_bytes() for room in features)
    check_free(needed * _WITH_MARGIN, place, "features", free)


def check_free(needed: float, place: Path, what: str, free: Callable[[Path], int]) -> None:
    """Raise UserError if the disk of ``place`` has not the room for bytes that are needed."""
    if needed and needed > free(place):
        raise UserError(
            f"{place}: {what} take about {needed / 1e9:.1f} GB, and {free(place) / 1e9:.1f} GB "
            "are free: make room, or take another folder (run.sh --data DIR, --exp DIR)"
        )


def existing_parent(path: Path) -> Path:
    """Return the path itself or the nearest above it that is there."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if is_given(place))


def free_bytes(place: Path) -> int:
    """Return the room on the disk of ``place``."""
    return shutil.disk_usage(place).free
