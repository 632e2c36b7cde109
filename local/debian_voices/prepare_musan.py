"""Lay out noise, music and babble speech as MUSAN does: <kind>/<source>/<kind>-<source>-NNNN.wav with ANNOTATIONS and LICENSE.

Noise and music come from the files that sounds.tsv names; speech is that of the babble speakers, whose wav files
prepare_speech.py has written and which move from there to here.

Usage: python local/debian_voices/prepare_musan.py --tables egs/debian_voices --debs DIR --speech TMP --out TMP/musan
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import soundfile
from clip_audio import Samples, UndecodableError, decode, resample, trim_silence
from corpus_tables import SoundRow, read_packages, read_sounds, read_speakers, read_tsv, select
from deb_file import iter_files
from wav_file import SAMPLE_RATE_HZ, write_wav

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.files import open_for_replace
from speakernet.kaldi.tables import read_table

_MIN_NOISE_S = 0.3
_MAX_NOISE_S = 30.0
_PIECE_S = 20.0
_NUM_PIECES = 4
_SPEECH_SOURCE = "debian_voices"


@dataclass(frozen=True)
class _Task:
    row: SoundRow
    deb: Path
    folder: Path
    licence: str


@dataclass(frozen=True)
class _Made:
    kind: str
    num_files: int
    num_clips: int
    num_dropped: int
    seconds: float


def main(argv: Sequence[str] | None = None) -> int:
    """Write the tree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True)
    parser.add_argument("--debs", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=1)
    parser.add_argument("--subset", action="store_true")
    arguments = parser.parse_args(argv)
    with multiprocessing.Pool(arguments.nj) as pool:
        made = pool.map(_make_source, _tasks(arguments), chunksize=1)
    made.append(_move_speech(arguments))
    for kind in ("noise", "music", "speech"):
        parts = [part for part in made if part.kind == kind]
        if not sum(part.num_clips for part in parts):
            raise UserError(f"{arguments.out}: no {kind} is left")
        print(
            f"musan/{kind}: {sum(p.num_files for p in parts)} files, {sum(p.num_dropped for p in parts)} dropped, "
            f"{sum(p.num_clips for p in parts)} wav files, {sum(p.seconds for p in parts) / 60:.1f} minutes"
        )
    return 0


def _tasks(arguments: argparse.Namespace) -> list[_Task]:
    files = read_packages(arguments.tables / "packages.tsv")
    licences = _licences(arguments.tables)
    return [
        _Task(
            row,
            arguments.debs / files[row.package],
            arguments.out / row.kind / row.source,
            licences[row.package],
        )
        for row in select(read_sounds(arguments.tables / "sounds.tsv"), subset=arguments.subset)
    ]


def _licences(tables: Path) -> dict[str, str]:
    columns = ("package", "version", "sha256", "size", "licence")
    rows = read_tsv(tables / "packages.tsv", columns)
    return {fields["package"]: fields["licence"] for _, fields in rows}


def _make_source(task: _Task) -> _Made:
    names: list[tuple[str, str]] = []
    num_files = num_dropped = num_samples = 0
    cut = _noise if task.row.kind == "noise" else _music
    wanted = iter_files(task.deb, lambda name: task.row.pattern.fullmatch(name) is not None)
    for name, content in sorted(wanted):
        num_files += 1
        kept = 0
        for samples in cut(content, PurePosixPath(name).suffix):
            utt = f"{task.row.kind}-{task.row.source}-{len(names):04d}"
            write_wav(task.folder / f"{utt}.wav", samples)
            names.append((utt, name))
            num_samples += len(samples)
            kept += 1
        num_dropped += not kept
    if task.row.kind == "music":
        lines = [f"{utt} {task.row.genre} N {task.row.source}\n" for utt, _ in names]
    else:
        lines = [f"{utt} {name}\n" for utt, name in names]
    _write_texts(task.folder, lines, [f"{task.row.package}: {task.licence}\n"])
    return _Made(task.row.kind, num_files, len(names), num_dropped, num_samples / SAMPLE_RATE_HZ)


def _noise(content: bytes, suffix: str) -> Iterator[Samples]:
    """Yield the trimmed sound, if it is long enough."""
    try:
        samples = trim_silence(decode(content, suffix))
    except UndecodableError:
        return
    if len(samples) >= _MIN_NOISE_S * SAMPLE_RATE_HZ:
        yield samples[: int(_MAX_NOISE_S * SAMPLE_RATE_HZ)]


def _music(content: bytes, _suffix: str) -> Iterator[Samples]:
    """Yield pieces from all over the file, decoding no more than these."""
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        num_frames = int(_PIECE_S * file.samplerate)
        for piece in range(_NUM_PIECES):
            start = piece * file.frames // _NUM_PIECES
            if start + num_frames <= file.frames:
                file.seek(start)
                samples = file.read(num_frames, dtype="float32", always_2d=True).mean(axis=1)
                yield resample(samples, file.samplerate)


def _move_speech(arguments: argparse.Namespace) -> _Made:
    rows = {row.speaker: row for row in read_speakers(arguments.tables / "speakers.tsv")}
    licences = _licences(arguments.tables)
    folder = arguments.out / "speech" / _SPEECH_SOURCE
    folder.mkdir(parents=True)
    durations = read_table(arguments.speech / "babble" / "utt2dur")
    annotations = []
    packages: dict[str, list[str]] = defaultdict(list)
    for utt, speaker in read_table(arguments.speech / "babble" / "utt2spk").items():
        name = f"speech-{_SPEECH_SOURCE}-{len(annotations):04d}"
        (arguments.speech / "wav" / speaker / f"{utt}.wav").rename(folder / f"{name}.wav")
        annotations.append(f"{name} {rows[speaker].gender} {rows[speaker].language} {utt}\n")
        packages[rows[speaker].package].append(name)
    notes = [f"{p}: {licences[p]}: {names[0]} to {names[-1]}\n" for p, names in packages.items()]
    _write_texts(folder, annotations, notes)
    seconds = sum(map(float, durations.values()))
    return _Made("speech", len(durations), len(annotations), 0, seconds)


def _write_texts(folder: Path, annotations: Sequence[str], licences: Sequence[str]) -> None:
    for name, lines in (("ANNOTATIONS", annotations), ("LICENSE", licences)):
        with open_for_replace(folder / name) as file:
            file.writelines(line.encode() for line in lines)


if __name__ == "__main__":
    run(main)
