"""All utterances of the speakers in one package, written as wav files: one unit of parallel work."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus_tables import SpeakerRow
from deb_file import iter_files
from utterances import Clip, Counts, draw, without_copies
from wav_file import SAMPLE_RATE_HZ, write_wav

Sessions = dict[str, list[Clip]]


@dataclass(frozen=True)
class Rule:
    """How long the utterances of a role are at least, and how many of them one speaker gives at most per package."""

    min_s: float
    limit: int


@dataclass(frozen=True)
class PackageTask:
    """What a worker needs: the rows of one package, and where its wav files go."""

    deb: Path
    rows: Sequence[SpeakerRow]
    rules: dict[str, Rule]
    wav_dir: Path


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


@dataclass
class PackageResult:
    """The utterances of a package and what became of each speaker's clips."""

    recordings: list[Recording] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)


def process_package(task: PackageTask) -> PackageResult:
    """Decode, cut and write the utterances of one package."""
    result = PackageResult()
    roles = {row.speaker: row.role for row in task.rows}
    for speaker, sessions in sorted(_collect(task).items()):
        counts: Counts = Counter()
        result.counts[speaker] = counts
        if roles[speaker] == "exclude":
            counts["speaker left out"] += sum(map(len, sessions.values()))
            continue
        seen: set[bytes] = set()
        unique = {name: without_copies(clips, seen, counts) for name, clips in sorted(sessions.items())}
        rule = task.rules[roles[speaker]]
        for utterance in draw(unique, min_s=rule.min_s, limit=rule.limit, counts=counts):
            utt = f"{speaker}-{utterance.session}-{utterance.number:03d}"
            write_wav(task.wav_dir / speaker / f"{utt}.wav", utterance.samples)
            result.recordings.append(
                Recording(utt, speaker, utterance.session, len(utterance.samples))
            )
    return result


def _collect(task: PackageTask) -> dict[str, Sessions]:
    places: dict[str, tuple[str, str]] = {}

    def is_wanted(name: str) -> bool:
        # The first row that covers a file decides.
        for row in task.rows:
            session = row.session_of(name)
            if session is not None:
                places[name] = (row.speaker, session)
                return True
        return False

    speakers: dict[str, Sessions] = defaultdict(lambda: defaultdict(list))
    for name, content in iter_files(task.deb, is_wanted):
        speaker, session = places[name]
        speakers[speaker][session].append(Clip(name, content))
    return speakers
