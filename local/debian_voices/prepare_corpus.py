"""Make the data dirs, trial lists, wav files and the MUSAN-like tree of debian_voices from Debian
packages.

Usage: python local/debian_voices/prepare_corpus.py --tables egs/debian_voices --debs DIR DATA
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from musan_tree import add_speech, finish_sounds
from package_content import PackageResult, PackageTask, Recording, Rule, process_package
from utterances import Counts

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.work.files import folder_for_replace, open_for_replace, scratch_folder
from speakernet.work.workers import map_tasks

logger = logging.getLogger(__name__)

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


# Where a set is, the wav files that it names are: the last takes its place first.
_PRODUCTS = ("train", "test", "cohort", "musan", "wav")


@dataclass(frozen=True)
class _Tables:
    packages: dict[str, Package]
    rows: list[SpeakerRow]
    sounds: list[SoundRow]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the products, each whole or not at all, into the data directory."""
    arguments = _parse(argv)
    data: Path = arguments.data
    tables = _read_tables(arguments.tables, subset=arguments.subset)
    speakers = {row.speaker: row for row in tables.rows}
    with ExitStack() as stack:
        new = {name: stack.enter_context(folder_for_replace(data / name)) for name in _PRODUCTS}
        babble = stack.enter_context(scratch_folder(data / ".babble"))
        tasks = _tasks(arguments, tables, new, babble)
        results = map_tasks(process_package, tasks, arguments.nj, "packages")
        _write_report(data / "clips.tsv", speakers, results)
        recordings = _sorted_recordings(results)
        _log_roles(speakers, recordings)
        write_sets(new, data / "wav", speakers, recordings)
        speech = [r for r in recordings if speakers[r.speaker].role == "babble"]
        add_speech(new["musan"], babble, speech, speakers, tables.packages)
        sounds = [source for result in results for source in result.sounds]
        finish_sounds(new["musan"], sounds, tables.packages)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--debs", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=1)
    parser.add_argument("--subset", action="store_true")
    parser.add_argument("data", type=Path, help="parent of the products")
    return parser.parse_args(argv)


def _read_tables(folder: Path, *, subset: bool) -> _Tables:
    return _Tables(
        read_packages(folder / "packages.tsv"),
        select(read_speakers(folder / "speakers.tsv"), subset=subset),
        select(read_sounds(folder / "sounds.tsv"), subset=subset),
    )


def _tasks(
    arguments: argparse.Namespace, tables: _Tables, new: dict[str, Path], babble: Path
) -> list[PackageTask]:
    """Return a task per package, the largest first, so that no process ends alone."""
    rules = _SUBSET_RULES if arguments.subset else _RULES
    tasks = []
    names = {row.package for row in tables.rows} | {row.package for row in tables.sounds}
    for name in sorted(names):
        if name not in tables.packages:
            raise UserError(f"{arguments.tables}/packages.tsv: no line for package '{name}'")
        deb = arguments.debs / tables.packages[name].file
        rows = [row for row in tables.rows if row.package == name]
        sounds = [row for row in tables.sounds if row.package == name]
        tasks.append(PackageTask(deb, rows, sounds, rules, new["wav"], babble, new["musan"]))
    return sorted(tasks, key=lambda task: -task.deb.stat().st_size)


def _sorted_recordings(results: Sequence[PackageResult]) -> list[Recording]:
    recordings = (recording for result in results for recording in result.recordings)
    return sorted(recordings, key=lambda recording: recording.utt)


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
    fates = ", ".join(f"{count} {fate}" for fate, count in clips.most_common())
    logger.info("%d clips: %s", clips.total(), fates)


def _log_roles(speakers: dict[str, SpeakerRow], recordings: Sequence[Recording]) -> None:
    for role in _RULES:
        members = [r for r in recordings if speakers[r.speaker].role == role]
        num_speakers = len({recording.speaker for recording in members})
        minutes = sum(recording.duration_s for recording in members) / 60
        logger.info(
            "%s: %d speakers, %d utterances, %.1f minutes",
            *(role, num_speakers, len(members), minutes),
        )


if __name__ == "__main__":
    run(main)
