"""Durations of recordings, from headers alone wherever the entry is a file."""

import logging
from collections.abc import Iterator
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.data.audio import AudioReader
from speakernet.data.wav import audio_length
from speakernet.kaldi.pipes import AudioFile, Node, Resampled, parse_entry
from speakernet.kaldi.tables import iter_table, write_table

log = logging.getLogger(__name__)


def iter_durations(folder: Path) -> Iterator[tuple[str, float]]:
    """Yield the recordings of ``wav.scp`` with their durations in seconds, in file order.

    They come from ``reco2dur``, or ``utt2dur`` where there are no segments, or else from the audio;
    then ``reco2dur`` is written, as Kaldi does. Raises UserError where these tables do not list the
    same recordings as ``wav.scp``.
    """
    path = folder / "reco2dur"
    if not path.exists() and (folder / "utt2dur").exists() and not (folder / "segments").exists():
        path = folder / "utt2dur"
    if not path.exists():
        log.info("%s: reading durations from the audio", folder)
        rows = _from_audio(folder / "wav.scp")
        write_table(path, ((name, f"{seconds:.9g}") for name, seconds in rows))
    return _from_table(path, folder / "wav.scp")


def _from_audio(scp: Path) -> Iterator[tuple[str, float]]:
    reader = AudioReader()
    for number, (name, entry) in enumerate(iter_table(scp), start=1):
        yield name, entry_duration(entry, reader, f"{scp}:{number}")


def _from_table(path: Path, scp: Path) -> Iterator[tuple[str, float]]:
    rows = iter_table(path, num_fields=2)
    for number, (name, _) in enumerate(iter_table(scp), start=1):
        key, value = next(rows, ("nothing", ""))
        if key != name:
            raise UserError(f"{path}:{number}: found '{key}'; expected '{name}' as in {scp}")
        yield name, _seconds(value, f"{path}:{number}")


def _seconds(text: str, place: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise UserError(f"{place}: found '{text}'; expected a duration in seconds")
    return seconds


def entry_duration(entry: str, reader: AudioReader, place: str = "") -> float:
    """Return the seconds of one entry of ``wav.scp``; pipes are evaluated."""
    node = parse_entry(entry, place)
    try:
        samples, rate = _header_length(node)
    except UserError as error:
        raise UserError(f"{place}: {error}" if place else str(error)) from None
    if rate:
        return samples / rate
    return len(reader.read(node, place)) / reader.sample_rate


def _header_length(node: Node) -> tuple[int, int]:
    if isinstance(node, AudioFile) and not node.offset:
        return audio_length(node.path)
    if isinstance(node, Resampled) and node.speed == 1:
        return _header_length(node.file)
    return 0, 0
