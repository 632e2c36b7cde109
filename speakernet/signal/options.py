"""Options of the feature extractors, with Kaldi's names and defaults.

Times are in ms, frequencies in Hz, as in Kaldi's config files.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from speakernet.config.errors import UserError, suggestion
from speakernet.config.options import parse_options, read_option_file

WINDOW_TYPES = ("povey", "hanning", "hamming", "sine", "rectangular", "blackman")

# What may be odd about audio that can be read; see speakernet/audio/notes.py.
NOTE_KINDS = ("channels", "silent", "short", "clipped", "errors", "length", "resampled")
_MAX_WINDOW = 1 << 16  # samples: a second at 65 kHz; larger sizes are slips, and take all memory
_CHANNEL = re.compile(r"-1|[0-9]{1,4}|average|refuse")

# Options of Kaldi's programs that are not implemented here.
_UNSUPPORTED = (
    "allow-downsample",
    "allow-upsample",
    "debug-mel",
    "max-feature-vectors",
    "output-format",
    "utt2spk",
    "verbose",
    "vtln-high",
    "vtln-low",
    "vtln-map",
    "vtln-warp",
)


class KaldiOptions:
    """Base class for options that Kaldi config files set."""

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """Read a Kaldi config file. Raises UserError with file and line for an invalid option."""
        return parse_options(cls, read_option_file(path), unsupported=_UNSUPPORTED)


@dataclass(frozen=True, kw_only=True)
class SpectralOptions(KaldiOptions):
    """Options that filter bank and MFCC features share: framing, window, mel bins.

    Not Kaldi's: ``--channel=average`` and ``--channel=refuse`` (of recordings with several), and
    ``--refuse=KIND,…``, which makes failures of utterances with notes (NOTE_KINDS), among them
    those below ``--short-duration`` seconds.
    """

    sample_frequency: float = 16000.0
    frame_length: float = 25.0
    frame_shift: float = 10.0
    dither: float = 1.0
    preemphasis_coefficient: float = 0.97
    remove_dc_offset: bool = True
    window_type: str = "povey"
    blackman_coeff: float = 0.42
    round_to_power_of_two: bool = True
    snip_edges: bool = True
    num_mel_bins: int = 23
    low_freq: float = 20.0
    high_freq: float = 0.0
    energy_floor: float = 0.0
    raw_energy: bool = True
    htk_compat: bool = False
    channel: str = "-1"
    min_duration: float = 0.0
    short_duration: float = 0.25
    refuse: str = ""
    subtract_mean: bool = False

    def __post_init__(self) -> None:
        """Check the values as Kaldi does; raises UserError."""
        if self.window_type not in WINDOW_TYPES:
            hint = suggestion(self.window_type, WINDOW_TYPES)
            raise UserError(f"unknown --window-type '{self.window_type}'{hint}")
        if not 3 <= self.num_mel_bins <= _MAX_WINDOW:
            raise UserError(f"--num-mel-bins={self.num_mel_bins}: expected 3 to {_MAX_WINDOW}")
        if not 0 <= self.preemphasis_coefficient <= 1:
            raise UserError("--preemphasis-coefficient: expected a value from 0 to 1")
        self._check_audio()
        if self.window_size < 2 or self.window_shift < 1:
            raise UserError("--frame-length or --frame-shift is too short")
        if self.window_size > _MAX_WINDOW:
            raise UserError(
                f"--frame-length={self.frame_length:g} at --sample-frequency="
                f"{self.sample_frequency:g}: {self.window_size} samples; expected at most "
                f"{_MAX_WINDOW}"
            )
        if not 0 <= self.low_freq < self.upper_frequency <= self.sample_frequency / 2:
            raise UserError(
                f"--low-freq={self.low_freq:g} and --high-freq={self.high_freq:g}: expected "
                f"0 <= low < high <= {self.sample_frequency / 2:g}"
            )

    def _check_audio(self) -> None:
        if not _CHANNEL.fullmatch(self.channel):
            raise UserError(
                f"--channel={self.channel}: expected -1 (the first), a number from 0, average or "
                "refuse"
            )
        for kind in self.refused_kinds:
            if kind not in NOTE_KINDS:
                hint = suggestion(kind, NOTE_KINDS)
                raise UserError(f"--refuse={kind}: expected {', '.join(NOTE_KINDS)}{hint}")
        if self.min_duration < 0 or self.short_duration < 0:
            raise UserError("--min-duration and --short-duration: expected 0 or more")

    @property
    def refused_kinds(self) -> tuple[str, ...]:
        """The kinds of notes that make an utterance fail."""
        return tuple(kind for kind in self.refuse.split(",") if kind)

    @property
    def window_size(self) -> int:
        """Frame length in samples (rounded down, as in Kaldi)."""
        return int(self.sample_frequency * 0.001 * self.frame_length)

    @property
    def window_shift(self) -> int:
        """Frame shift in samples."""
        return int(self.sample_frequency * 0.001 * self.frame_shift)

    @property
    def padded_size(self) -> int:
        """FFT length in samples."""
        if self.round_to_power_of_two:
            return 1 << (self.window_size - 1).bit_length()
        return self.window_size

    @property
    def upper_frequency(self) -> float:
        """Upper edge of the last mel bin in Hz; ``high_freq`` <= 0 is relative to Nyquist."""
        nyquist = 0.5 * self.sample_frequency
        return self.high_freq if self.high_freq > 0 else nyquist + self.high_freq

    def num_frames(self, num_samples: int) -> int:
        """Return the number of frames of a waveform of ``num_samples``."""
        if not self.snip_edges:
            return (num_samples + self.window_shift // 2) // self.window_shift
        if num_samples < self.window_size:
            return 0
        return 1 + (num_samples - self.window_size) // self.window_shift


@dataclass(frozen=True, kw_only=True)
class FbankOptions(SpectralOptions):
    """Options of Kaldi's compute-fbank-feats.

    Not Kaldi's: ``--mel-floor``, the least mel energy whose logarithm is taken, where it is more
    than Kaldi's, 1.2e-7. Systems that scale samples to [-1, 1] have one of 128 at 16 bits.
    """

    use_energy: bool = False
    use_log_fbank: bool = True
    use_power: bool = True
    mel_floor: float = 0.0

    def __post_init__(self) -> None:
        """Check the values as Kaldi does; raises UserError."""
        super().__post_init__()
        if not 0 <= self.mel_floor < math.inf:
            raise UserError(f"--mel-floor={self.mel_floor:g}: expected 0 or more")


@dataclass(frozen=True, kw_only=True)
class MfccOptions(SpectralOptions):
    """Options of Kaldi's compute-mfcc-feats."""

    num_ceps: int = 13
    use_energy: bool = True
    cepstral_lifter: float = 22.0

    def __post_init__(self) -> None:
        """Check the values as Kaldi does; raises UserError."""
        super().__post_init__()
        if not 0 < self.num_ceps <= self.num_mel_bins:
            raise UserError(f"--num-ceps={self.num_ceps}: expected 1 to {self.num_mel_bins}")


@dataclass(frozen=True, kw_only=True)
class VadOptions(KaldiOptions):
    """Options of Kaldi's compute-vad."""

    vad_energy_threshold: float = 5.0
    vad_energy_mean_scale: float = 0.5
    vad_frames_context: int = 0
    vad_proportion_threshold: float = 0.6

    def __post_init__(self) -> None:
        """Check the values as Kaldi does; raises UserError."""
        if self.vad_energy_mean_scale < 0 or self.vad_frames_context < 0:
            raise UserError("--vad-energy-mean-scale and --vad-frames-context: expected 0 or more")
        if not 0 < self.vad_proportion_threshold < 1:
            raise UserError("--vad-proportion-threshold: expected a value between 0 and 1")
