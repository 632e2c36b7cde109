"""Frames of many recordings through two networks, labelled by speaker and by phone."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32, Float64, Int64
from speakernet.backend.inputs import SAMPLE_RATE, waveform_loader
from speakernet.config import UserError
from speakernet.kaldi.alignments import Phone
from speakernet.nn.layers.temporal_dynamic import NUM_BASIS
from speakernet.nn.models import SpeakerModel
from speakernet.report.phonemes.classes import CLASSES, SILENCE, frame_classes
from speakernet.report.phonemes.frames import Frames, embed_frames
from speakernet.report.phonemes.grouping import Kernels
from speakernet.work.progress import progress

logger = logging.getLogger(__name__)

MIN_SAMPLES = SAMPLE_RATE // 10
SLACK_S = 0.5
"""By how much the last phone may outlast its recording: frames are counted in several ways."""


@dataclass(frozen=True, eq=False)
class Example:
    """One utterance to show: its phones, and the weights of each layer (frames, basis)."""

    name: str
    duration_s: float
    phones: Sequence[Phone]
    weights: Mapping[str, Float32]


@dataclass(eq=False)
class Labelled:
    """Frames with a phone: embeddings by network, speakers and classes (frames,) by number.

    kernels: of each temporal dynamic layer, by its name.
    """

    speaker_names: list[str]
    embeddings: dict[str, list[Float32]] = field(default_factory=dict)
    speakers: list[Int64] = field(default_factory=list)
    classes: list[Int64] = field(default_factory=list)
    kernels: dict[str, Kernels] = field(default_factory=dict)
    example: Example | None = None

    def add_kernels(
        self, speaker: int, frames: Frames, phones: Sequence[Phone], duration_s: float,
        table: Mapping[str, int], name: str,
    ) -> None:  # fmt: skip
        """Add the weights of all dynamic layers, each at its own frames."""
        for layer, weights in frames.weights.items():
            times = frame_times(len(weights), duration_s)
            size = (len(self.speaker_names), len(CLASSES), NUM_BASIS)
            found = self.kernels.setdefault(layer, Kernels(*size))
            found.add(speaker, weights, frame_classes(phones, times, table, name))


def frame_times(num_frames: int, duration_s: float) -> Float64:
    """Return the middle (frames,) of frames that share a recording evenly, in seconds."""
    return (np.arange(num_frames, dtype=np.float64) + 0.5) * (duration_s / num_frames)


def choose_utterances(utt2spk: Mapping[str, str], names: Sequence[str], each: int) -> list[str]:
    """Return at most ``each`` of the ``names`` of every speaker, evenly spread."""
    by_speaker: dict[str, list[str]] = {}
    for name in names:
        by_speaker.setdefault(utt2spk[name], []).append(name)
    chosen: list[str] = []
    for own in by_speaker.values():
        places = np.linspace(0, len(own) - 1, min(each, len(own))).astype(int)
        chosen += [own[place] for place in places]
    return chosen


def collect(
    networks: Mapping[str, SpeakerModel],
    data_dir: Path,
    utt2spk: Mapping[str, str],
    alignments: Mapping[str, Sequence[Phone]],
    table: Mapping[str, int],
) -> Labelled:
    """Run the utterances of ``alignments`` through ``networks``, by name.

    Recordings of less than a tenth of a second are left out. Raises UserError if the networks have
    other frames, where phones come after a recording's end, or where no frame has a phone.
    """
    load = waveform_loader(data_dir, {})
    speakers = sorted({utt2spk[name] for name in alignments})
    found = Labelled(speakers, {name: [] for name in networks})
    for name, phones in progress(iter(alignments.items()), len(alignments), "utterances"):
        waveform = load(name)
        if len(waveform) >= MIN_SAMPLES:
            _add(found, networks, name, waveform, phones, table, speakers.index(utt2spk[name]))
    if not sum(map(len, found.classes)):
        raise UserError(f"{data_dir}: no frame has a phone; expected an alignment with phones")
    return found


def _add(
    found: Labelled, networks: Mapping[str, SpeakerModel], name: str, waveform: Float32,
    phones: Sequence[Phone], table: Mapping[str, int], speaker: int,
) -> None:  # fmt: skip
    duration = len(waveform) / SAMPLE_RATE
    end = max((phone.end_s for phone in phones), default=0.0)
    if end > duration + SLACK_S:
        raise UserError(
            f"{name}: the last phone ends at {end:g} s, the recording at {duration:.2f} s; "
            "expected seconds in a ctm, samples of 16 kHz in a .PHN"
        )
    frames = {key: embed_frames(network, waveform) for key, network in networks.items()}
    lengths = {key: len(each.embeddings) for key, each in frames.items()}
    if len(set(lengths.values())) > 1:
        raise UserError(f"{name}: found frames {lengths}; expected networks of one shape")
    times = frame_times(next(iter(lengths.values())), duration)
    classes = frame_classes(phones, times, table, name)
    spoken = classes != SILENCE
    found.classes.append(classes[spoken])
    found.speakers.append(np.full(int(spoken.sum()), speaker))
    for key, each in frames.items():
        found.embeddings[key].append(each.embeddings[spoken])
        found.add_kernels(speaker, each, phones, duration, table, name)
        if each.weights and found.example is None and 2 <= duration <= 6:
            found.example = Example(name, duration, phones, each.weights)
