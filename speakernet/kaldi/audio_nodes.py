"""What an entry of ``wav.scp`` stands for: a tree of files, commands and what is done to them."""

from dataclasses import dataclass
from typing import TypeAlias

from speakernet.config.errors import UserError

MAX_DURATION_S = 86_400.0
"""The longest duration and the latest start that wav-reverberate may be asked for, in seconds."""


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file, with the byte where the audio starts if the entry was ``archive.ark:123``."""

    path: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command whose output is a wav file."""

    text: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """``ffmpeg … -i PATH … -f wav - |`` that only decodes, with the command as it was written.

    sample_rate: that of ``-ar`` in Hz, None for the file's own; channels: 1 if all are to be
    averaged, None for those of the file.
    """

    path: str
    sample_rate: int | None
    channels: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Resampled:
    """``sox FILE [-r RATE] -t wav - [speed FACTOR]``, with the command as it was written.

    Or ``wav-copy FILE - | sox -t wav - …``, or ``cat FILE | …``.
    """

    file: AudioFile
    sample_rate: int | None
    speed: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReverberateOptions:
    """Options of Kaldi's wav-reverberate, with its defaults."""

    multi_channel_output: bool = False
    shift_output: bool = True
    input_wave_channel: int = 0
    rir_channel: int = 0
    noise_channel: int = 0
    impulse_response: str = ""
    additive_signals: str = ""
    snrs: str = ""
    start_times: str = ""
    normalize_output: bool = True
    duration: float = 0.0
    volume: float = 0.0

    def __post_init__(self) -> None:
        """Check the values; raises UserError."""
        for channel in ("input_wave_channel", "rir_channel", "noise_channel"):
            if getattr(self, channel) < 0:
                raise UserError(f"--{channel.replace('_', '-')}: expected 0 or more")
        if not 0 <= self.duration <= MAX_DURATION_S:
            raise UserError(f"--duration={self.duration:g}: expected 0 to {MAX_DURATION_S:g} s")
        if self.volume < 0:
            raise UserError(f"--volume={self.volume:g}: expected 0 or more")


@dataclass(frozen=True, slots=True)
class Reverberated:
    """``wav-reverberate`` on ``source``; lists are as long as there are additive signals."""

    source: "Node"
    options: ReverberateOptions
    impulse_response: "Node | None"
    additive_signals: tuple["Node", ...]
    snrs: tuple[float, ...]
    start_times: tuple[float, ...]


Node: TypeAlias = AudioFile | Command | Decoded | Resampled | Reverberated
