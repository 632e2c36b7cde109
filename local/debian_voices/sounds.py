"""Noises and pieces of music of one source, laid out as MUSAN does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import soundfile
from clip_audio import UndecodableError, check_sizes, decode, resample, trim_silence
from corpus_tables import SoundRow
from utterances import Clip
from wav_file import SAMPLE_RATE_HZ, write_wav

from speakernet.arrays import Float32

_MIN_NOISE_S = 0.3
_MAX_NOISE_S = 30.0
_PIECE_S = 20.0
_NUM_PIECES = 4


@dataclass(frozen=True)
class Sounds:
    """What became of a source's files; ``annotations`` has a line for each wav file written."""

    row: SoundRow
    annotations: list[str]
    num_files: int
    num_dropped: int
    seconds: float


def write_sounds(folder: Path, row: SoundRow, clips: Sequence[Clip]) -> Sounds:
    """Write ``<kind>-<source>-NNNN.wav`` files to ``folder``."""
    annotations: list[str] = []
    num_samples = num_dropped = 0
    cut = _cut_noise if row.kind == "noise" else _cut_music
    for clip in sorted(clips, key=lambda clip: clip.name):
        pieces = list(cut(clip))
        num_dropped += not pieces
        for piece in pieces:
            name = f"{row.kind}-{row.source}-{len(annotations):04d}"
            write_wav(folder / f"{name}.wav", piece)
            annotations.append(f"{name} {_annotation(row, clip)}")
            num_samples += len(piece)
    return Sounds(row, annotations, len(clips), num_dropped, num_samples / SAMPLE_RATE_HZ)


def _annotation(row: SoundRow, clip: Clip) -> str:
    """As in MUSAN, music has genre, vocals (Y or N) and artist; other kinds have a free text."""
    return f"{row.genre} N {row.source}" if row.kind == "music" else clip.name


def _cut_noise(clip: Clip) -> Iterator[Float32]:
    """Yield the trimmed sound, if it is long enough."""
    try:
        samples = trim_silence(decode(clip.content, PurePosixPath(clip.name).suffix))
    except UndecodableError:
        return
    if len(samples) >= _MIN_NOISE_S * SAMPLE_RATE_HZ:
        yield samples[: int(_MAX_NOISE_S * SAMPLE_RATE_HZ)]


def _cut_music(clip: Clip) -> Iterator[Float32]:
    """Yield pieces from all over the file, decoding no more than these."""
    try:
        with soundfile.SoundFile(io.BytesIO(clip.content)) as file:
            check_sizes(file)
            num_frames = int(_PIECE_S * file.samplerate)
            for piece in range(_NUM_PIECES):
                start = piece * file.frames // _NUM_PIECES
                if start + num_frames <= file.frames:
                    file.seek(start)
                    samples = file.read(num_frames, dtype="float32", always_2d=True)
                    yield resample(samples.mean(axis=1), file.samplerate)
    except (soundfile.LibsndfileError, UndecodableError):
        return
