"""Make the data dirs train, test and cohort, the trial lists and the wav files of debian_voices from Debian packages.

Usage: python local/debian_voices/prepare_speech.py --tables egs/debian_voices --debs DIR --out TMP --final DIR
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus_tables import SpeakerRow, read_packages, read_speakers, select
from package_speech import PackageResult, PackageTask, Recording, Rule, process_package
from trial_rules import Trial, all_pairs, cross_session, same_language
from utterances import Counts

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.files import open_for_replace
from speakernet.kaldi.tables import write_table

_COHORT_LIMIT = 20
_MIN_S = 2.5
_BABBLE = Rule(min_s=10.0, limit=20)
_FULL = {
    "train": Rule(_MIN_S, 100),
    "test": Rule(_MIN_S, 30),
    "cohort": Rule(_MIN_S, _COHORT_LIMIT),
    "babble": _BABBLE,
}
_SUBSET = {
    "train": Rule(_MIN_S, 15),
    "test": Rule(_MIN_S, 12),
    "cohort": Rule(_MIN_S, 5),
    "babble": Rule(min_s=4.0, limit=8),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the products into ``--out``; the paths in wav.scp are those of ``--final``."""
    arguments = _parse(argv)
    rows = select(read_speakers(arguments.tables / "speakers.tsv"), subset=arguments.subset)
    rules = _SUBSET if arguments.subset else _FULL
    results = _process(arguments, rows, rules)
    recordings = sorted(
        (recording for result in results for recording in result.recordings),
        key=lambda recording: recording.utt,
    )
    _write_sets(arguments.out, arguments.final, rows, recordings)
    _write_report(arguments.out / "clips.tsv", rows, results, recordings)
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


def _process(
    arguments: argparse.Namespace, rows: Sequence[SpeakerRow], rules: dict[str, Rule]
) -> list[PackageResult]:
    files = read_packages(arguments.tables / "packages.tsv")
    by_package: dict[str, list[SpeakerRow]] = defaultdict(list)
    for row in rows:
        by_package[row.package].append(row)
    tasks = [
        PackageTask(arguments.debs / files[package], package_rows, rules, arguments.out / "wav")
        for package, package_rows in by_package.items()
    ]
    # The longest first, so that no worker ends alone.
    tasks.sort(key=lambda task: (-task.deb.stat().st_size, task.deb.name))
    with multiprocessing.Pool(arguments.nj) as pool:
        return pool.map(process_package, tasks, chunksize=1)


def _write_sets(
    out: Path, final: Path, rows: Sequence[SpeakerRow], recordings: Sequence[Recording]
) -> None:
    _check_unique(recordings)
    roles = {row.speaker: row.role for row in rows}
    sets = {
        name: [recording for recording in recordings if roles[recording.speaker] == name]
        for name in ("train", "test", "cohort", "babble")
    }
    sets["cohort"] = sorted(
        sets["cohort"] + _first_of_each(sets["train"], _COHORT_LIMIT), key=lambda r: r.utt
    )
    for name, members in sets.items():
        if not members:
            raise UserError(f"{out / name}: no utterance is left for this set")
        write_data_dir(out / name, final / "wav", members)
    languages = {row.speaker: row.language for row in rows}
    write_trials(out / "test" / "trials", cross_session(sets["test"]))
    write_trials(out / "test" / "trials_all", all_pairs(sets["test"]))
    write_trials(out / "test" / "trials_language", same_language(sets["test"], languages))


def _check_unique(recordings: Sequence[Recording]) -> None:
    for utt, count in Counter(recording.utt for recording in recordings).items():
        if count > 1:
            raise UserError(f"speakers.tsv: two packages give utterance '{utt}'; name their sessions apart")


def _first_of_each(recordings: Iterable[Recording], limit: int) -> list[Recording]:
    """Return up to ``limit`` utterances of each speaker, its sessions taking turns."""
    by_speaker: dict[str, dict[str, list[Recording]]] = defaultdict(lambda: defaultdict(list))
    for recording in recordings:
        by_speaker[recording.speaker][recording.session].append(recording)
    chosen = []
    for sessions in by_speaker.values():
        turns = sorted(
            (place, session, recording.utt, recording)
            for session, members in sessions.items()
            for place, recording in enumerate(members)
        )
        chosen += [recording for *_, recording in turns[:limit]]
    return chosen


def write_data_dir(path: Path, wav_dir: Path, recordings: Sequence[Recording]) -> None:
    """Write a Kaldi data dir of utterances that are already in the C locale's order."""
    path.mkdir(parents=True)
    utterances: dict[str, list[str]] = defaultdict(list)
    for recording in recordings:
        utterances[recording.speaker].append(recording.utt)
    wavs = ((r.utt, f"{wav_dir}/{r.speaker}/{r.utt}.wav") for r in recordings)
    write_table(path / "wav.scp", wavs)
    write_table(path / "utt2spk", ((r.utt, r.speaker) for r in recordings))
    write_table(path / "utt2session", ((r.utt, f"{r.speaker}-{r.session}") for r in recordings))
    write_table(path / "spk2utt", ((s, " ".join(utts)) for s, utts in sorted(utterances.items())))
    for name in ("utt2dur", "reco2dur"):
        write_table(path / name, ((r.utt, f"{r.duration_s:.4f}") for r in recordings))


def write_trials(path: Path, trials: Iterable[Trial]) -> None:
    """Write ``utt1 utt2 target|nontarget`` lines."""
    with open_for_replace(path) as file:
        file.writelines(f"{' '.join(trial)}\n".encode() for trial in trials)


def _write_report(
    path: Path,
    rows: Sequence[SpeakerRow],
    results: Sequence[PackageResult],
    recordings: Sequence[Recording],
) -> None:
    """Write what became of every clip, a line per speaker and reason."""
    totals: dict[str, Counts] = defaultdict(Counter)
    for result in results:
        for speaker, counts in result.counts.items():
            totals[speaker].update(counts)
    missing = sorted({row.speaker for row in rows} - set(totals))
    if missing:
        raise UserError(f"speakers.tsv: no file of the packages matches speaker '{missing[0]}'")
    lines = ["speaker\tclips\tfate\n"]
    for speaker, counts in sorted(totals.items()):
        lines += [f"{speaker}\t{count}\t{fate}\n" for fate, count in sorted(counts.items()) if count]
    with open_for_replace(path) as file:
        file.writelines(line.encode() for line in lines)
    _print_summary(rows, recordings, sum(totals.values(), Counter()))


def _print_summary(
    rows: Sequence[SpeakerRow], recordings: Sequence[Recording], clips: Counts
) -> None:
    print(f"{clips.total()} clips:")
    for fate, count in clips.most_common():
        print(f"  {count:6d} {fate}")
    roles = {row.speaker: row.role for row in rows}
    for role in ("train", "test", "cohort", "babble"):
        members = [recording for recording in recordings if roles[recording.speaker] == role]
        num_speakers = len({recording.speaker for recording in members})
        minutes = sum(recording.duration_s for recording in members) / 60
        print(f"{role}: {num_speakers} speakers, {len(members)} utterances, {minutes:.1f} minutes")


if __name__ == "__main__":
    run(main)
