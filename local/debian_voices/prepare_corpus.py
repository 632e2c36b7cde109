"""Make the data dirs, trial lists, wav files and the MUSAN-like tree of debian_voices from Debian
packages.

Usage: python local/debian_voices/prepare_corpus.py --tables egs/debian_voices --debs DIR --out TMP
--final DIR
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from corpus_tables import (
    Package,
    SoundRow,
    SpeakerRow,
    read_packages,
    read_sounds,
    read_speakers,
    select,
)
from data_dirs import COHORT_LIMIT, write_sets
from musan_tree import finish_sounds, move_speech
from package_content import PackageResult, PackageTask, Recording, Rule, process_package
from utterances import Counts
from workers import map_tasks

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.work.files import open_for_replace

_MIN_S = 2.5
_RULES = {
    "train": Rule(_MIN_S, 100),
    "test": Rule(_MIN_S, 30),
    "cohort": Rule(_MIN_S, COHORT_LIMIT),
    "babble": Rule(10.0, 20),
}
_SUBSET_RULES = {
    "train": Rule(_MIN_S, 15),
    "test": Rule(_MIN_S, 12),
    "cohort": Rule(_MIN_S, 5),
    "babble": Rule(4.0, 8),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the products into ``--out``; the paths in wav.scp are those of ``--final``."""
    arguments = _parse(argv)
    packages = read_packages(arguments.tables / "packages.tsv")
    rows = select(read_speakers(arguments.tables / "speakers.tsv"), subset=arguments.subset)
    sounds = select(read_sounds(arguments.tables / "sounds.tsv"), subset=arguments.subset)
    tasks = _tasks(arguments, packages, rows, sounds)
    results = map_tasks(process_package, tasks, arguments.nj)
    speakers = {row.speaker: row for row in rows}
    recordings = sorted(
        (recording for result in results for recording in result.recordings),
        key=lambda recording: recording.utt,
    )
    _write_report(arguments.out / "clips.tsv", speakers, results)
    _print_roles(speakers, recordings)
    write_sets(arguments.out, arguments.final / "wav", speakers, recordings)
    babble = [r for r in recordings if speakers[r.speaker].role == "babble"]
    move_speech(arguments.out, babble, speakers, packages)
    made = [source for result in results for source in result.sounds]
    finish_sounds(arguments.out / "musan", made, packages)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--debs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--final", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=1)
    parser.add_argument("--subset", action="store_true")
    return parser.parse_args(argv)


def _tasks(
    arguments: argparse.Namespace,
    packages: dict[str, Package],
    rows: Sequence[SpeakerRow],
    sounds: Sequence[SoundRow],
) -> list[PackageTask]:
    """Return a task per package, the largest first, so that no process ends alone."""
    rules = _SUBSET_RULES if arguments.subset else _RULES
    speakers_of: dict[str, list[SpeakerRow]] = defaultdict(list)
    sounds_of: dict[str, list[SoundRow]] = defaultdict(list)
    for row in rows:
        speakers_of[row.package].append(row)
    for sound in sounds:
        sounds_of[sound.package].append(sound)
    tasks = []
    for name in sorted({*speakers_of, *sounds_of}):
        if name not in packages:
            raise UserError(f"{arguments.tables}/packages.tsv: no line for package '{name}'")
        deb = arguments.debs / packages[name].file
        tasks.append(PackageTask(deb, speakers_of[name], sounds_of[name], rules, arguments.out))
    return sorted(tasks, key=lambda task: -task.deb.stat().st_size)


def _write_report(
    path: Path, speakers: dict[str, SpeakerRow], results: Sequence[PackageResult]
) -> None:
    """Write and sum up what became of every clip, a line per speaker and fate."""
    totals: dict[str, Counts] = defaultdict(Counter)
    for result in results:
        for speaker, counts in result.counts.items():
            totals[speaker].update(counts)
    missing = sorted(set(speakers) - set(totals))
    if missing:
        raise UserError(f"speakers.tsv: no file of the packages matches speaker '{missing[0]}'")
    lines = ["speaker\tclips\tfate\n"]
    for speaker, counts in sorted(totals.items()):
        lines += [
            f"{speaker}\t{count}\t{fate}\n" for fate, count in sorted(counts.items()) if count
        ]
    with open_for_replace(path) as file:
        file.writelines(line.encode() for line in lines)
    clips = sum(totals.values(), Counter())
    print(f"{clips.total()} clips:")
    for fate, count in clips.most_common():
        print(f"  {count:6d} {fate}")


def _print_roles(speakers: dict[str, SpeakerRow], recordings: Sequence[Recording]) -> None:
    for role in _RULES:
        members = [r for r in recordings if speakers[r.speaker].role == role]
        num_speakers = len({recording.speaker for recording in members})
        minutes = sum(recording.duration_s for recording in members) / 60
        print(f"{role}: {num_speakers} speakers, {len(members)} utterances, {minutes:.1f} minutes")


if __name__ == "__main__":
    run(main)
