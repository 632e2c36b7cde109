"""Noises, rooms and cut beginnings as Kaldi's augmentation has them, and what is kept of them."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from speakernet.audio.reader import AudioReader, read_audio
from speakernet.audio.wav import write_wav
from speakernet.kaldi.pipes import parse_entry
from speakernet.signal.resample import change_speed, resample
from speakernet.signal.reverberate import quantize
from tests.recordings import SAMPLES


def test_a_command_runs_once_for_all_copies_of_an_utterance(wav: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    source = f"echo >>{count}; cat '{wav}' |"
    reader = AudioReader()
    clean = reader.read(source)
    for options in ("--duration=1", "--volume=0.5"):
        assert len(reader.read(f"{source} wav-reverberate {options} - - |"))
    np.testing.assert_array_equal(clean, SAMPLES)
    assert count.read_text() == "\n"


def test_noise_and_rooms_of_another_rate_are_resampled(tmp_path: Path, wav: Path) -> None:
    """As if they had been resampled before, and that is noted."""
    half = change_speed(SAMPLES.astype(np.float32), 2)
    write_wav(tmp_path / "half.wav", quantize(np.rint(half)), 8000)
    again = resample(quantize(np.rint(half)).astype(np.float32), Fraction(2))
    write_wav(tmp_path / "again.wav", quantize(np.rint(again)), 16000)
    options = (
        "--additive-signals={}/{}.wav --snrs=5 --start-times=0",
        "--impulse-response={}/{}.wav",
    )
    for option, what in zip(options, ("noise", "impulse response"), strict=True):
        entry = f"wav-reverberate {option} '{wav}' - |"
        reader = AudioReader()
        changed = reader.evaluate(parse_entry(entry.format(tmp_path, "half")))
        assert str(changed.notes[0]) == f"{what} resampled from 8000 Hz"
        same = reader.read(entry.format(tmp_path, "again"))
        np.testing.assert_array_equal(changed.samples, same)


def test_background_reads_no_more_than_it_needs(tmp_path: Path) -> None:
    """A cut copy of a long file is the same whether the cache knows more, less or nothing of it."""
    path = tmp_path / "long.wav"
    samples = np.random.default_rng(1).integers(-3000, 3000, 300_000).astype(np.int16)
    write_wav(path, samples, 16000)
    signal = tmp_path / "signal.wav"
    write_wav(signal, SAMPLES, 16000)

    def entry(seconds: float) -> str:
        background = f'wav-reverberate --duration={seconds} "{path}" - |'
        options = f"--additive-signals='{background}' --start-times='0' --snrs='10'"
        return f"wav-reverberate {options} {signal} - |"

    fresh = [read_audio(entry(seconds)) for seconds in (0.5, 5, 1, 18.75, 25)]
    reader = AudioReader()
    shared = [reader.read(entry(seconds)) for seconds in (0.5, 5, 1, 18.75, 25)]
    for one, other in zip(fresh, shared, strict=True):
        np.testing.assert_array_equal(one, other)
