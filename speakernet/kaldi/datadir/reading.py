"""A data directory's tables as dicts, read when asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from speakernet.config import UserError
from speakernet.kaldi.tables import read_table

T = TypeVar("T")


class DataDir:
    """The tables of a data directory; a missing or broken one raises UserError when it is used."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @cached_property
    def utt2spk(self) -> dict[str, str]:
        """Speaker of each utterance."""
        return read_table(self.path / "utt2spk", num_fields=2)

    @cached_property
    def spk2utt(self) -> dict[str, list[str]]:
        """Utterances of each speaker; made from utt2spk, speakers sorted."""
        speakers: dict[str, list[str]] = {}
        for utterance, speaker in self.utt2spk.items():
            speakers.setdefault(speaker, []).append(utterance)
        return dict(sorted(speakers.items()))

    @cached_property
    def wav_scp(self) -> dict[str, str]:
        """Path or command of each recording."""
        return read_table(self.path / "wav.scp")

    @cached_property
    def feats_scp(self) -> dict[str, str]:
        """Archive and offset of each utterance's features."""
        return read_table(self.path / "feats.scp")

    @cached_property
    def utt2num_frames(self) -> dict[str, int]:
        """Number of frames of each utterance."""
        return self._numbers("utt2num_frames", int)

    @cached_property
    def utt2dur(self) -> dict[str, float]:
        """Duration of each utterance in seconds."""
        return self._numbers("utt2dur", float)

    def _numbers(self, name: str, convert: Callable[[str], T]) -> dict[str, T]:
        path = self.path / name
        numbers = {}
        for line, (key, text) in enumerate(read_table(path, num_fields=2).items(), 1):
            try:
                numbers[key] = convert(text)
            except ValueError:
                raise UserError(f"{path}:{line}: '{text}' of '{key}' is not a number") from None
        return numbers

    def has(self, name: str) -> bool:
        """Return whether the directory holds a file of that name."""
        return (self.path / name).is_file()
