"""One Debian package, read once: the utterances of its speakers, its noises and its music, written
as wav files.

This is the unit of parallel work; what it returns does not depend on the order of packages or the
number of processes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus_tables import SoundRow, SpeakerRow
from deb_file import iter_files
from sounds import Sounds, write_sounds
from utterances import Clip, Counts, draw, without_copies
from wav_file import SAMPLE_RATE_HZ, write_wav

Sessions = dict[str, list[Clip]]


@dataclass(frozen=True)
class Rule:
    """How long the utterances of a role are at least, and how many of them one speaker gives at
    most per package.
    """

    min_s: float
    limit: int


@dataclass(frozen=True)
class PackageTask:
    """What a worker needs: the rows of the tables that name this package, and the folders that
    speech and sounds go to.

    ``babble`` holds what ``musan_tree`` gives its names when all packages are read.
    """

    deb: Path
    speakers: Sequence[SpeakerRow]
    sounds: Sequence[SoundRow]
    rules: dict[str, Rule]
    wav: Path
    babble: Path
    musan: Path


@dataclass(frozen=True)
class Recording:
    """One utterance that was written."""

    utt: str
    speaker: str
    session: str
    num_samples: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.num_samples / SAMPLE_RATE_HZ


def wav_path(folder: Path, recording: Recording) -> Path:
    """Return where the wav file of an utterance lies in the folder of all of them."""
    return folder / recording.speaker / f"{recording.utt}.wav"


@dataclass
class PackageResult:
    """The utterances of a package, what became of each speaker's clips, and its sounds."""

    recordings: list[Recording] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    sounds: list[Sounds] = field(default_factory=list)


@dataclass
class _Content:
    speakers: dict[str, Sessions]
    sounds: dict[int, list[Clip]]


def process_package(task: PackageTask) -> PackageResult:
    """Read a package; decode, cut and write what the tables want of it."""
    content = _collect(task)
    result = PackageResult()
    roles = {row.speaker: row.role for row in task.speakers}
    for speaker, sessions in sorted(content.speakers.items()):
        counts: Counts = Counter()
        result.counts[speaker] = counts
        if roles[speaker] == "exclude":
            counts["speaker left out"] += sum(map(len, sessions.values()))
        else:
            rule = task.rules[roles[speaker]]
            wav_dir = task.babble if roles[speaker] == "babble" else task.wav
            result.recordings += _write_speaker(wav_dir, speaker, sessions, rule, counts)
    for index, row in enumerate(task.sounds):
        folder = task.musan / row.kind / row.source
        result.sounds.append(write_sounds(folder, row, content.sounds[index]))
    return result


def _collect(task: PackageTask) -> _Content:
    content = _Content(defaultdict(lambda: defaultdict(list)), defaultdict(list))
    places: dict[str, list[Clip]] = {}

    def is_wanted(name: str) -> bool:
        place = _place(task, content, name)
        if place is not None:
            places[name] = place
        return place is not None

    for name, data in iter_files(task.deb, is_wanted):
        places[name].append(Clip(name, data))
    return content


def _place(task: PackageTask, content: _Content, name: str) -> list[Clip] | None:
    """Return where a file belongs; the first row that covers it decides."""
    for row in task.speakers:
        session = row.session_of(name)
        if session is not None:
            return content.speakers[row.speaker][session]
    for index, sound in enumerate(task.sounds):
        if sound.pattern.fullmatch(name):
            return content.sounds[index]
    return None


def _write_speaker(
    wav_dir: Path, speaker: str, sessions: Sessions, rule: Rule, counts: Counts
) -> list[Recording]:
    seen: set[bytes] = set()
    unique = {name: without_copies(clips, seen, counts) for name, clips in sorted(sessions.items())}
    recordings = []
    for utterance in draw(unique, min_s=rule.min_s, limit=rule.limit, counts=counts):
        utt = f"{speaker}-{utterance.session}-{utterance.number:03d}"
        recording = Recording(utt, speaker, utterance.session, len(utterance.samples))
        write_wav(wav_path(wav_dir, recording), utterance.samples)
        recordings.append(recording)
    return recordings
