"""What keeps a recording from saying who speaks; speech is a voice of the default corpus."""

from fractions import Fraction

import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.audio.reader import read_audio
from speakernet.signal.resample import resample
from speakernet.signal.speech_check import ProblemKind, SpeechCheck, check_speech
from tests.miniature.voices import make_voice

RATE = 16000


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Float32:
    """Some seconds of a person."""
    return read_audio(str(make_voice(tmp_path_factory.mktemp("voice"), 3)[-1]))


def kind(check: SpeechCheck) -> ProblemKind | None:
    return check.problem.kind if check.problem else None


def noise(seconds: float) -> Float32:
    return np.random.default_rng(4).normal(0, 3000, int(seconds * RATE)).astype(np.float32)


def test_a_voice_at_several_rates_and_levels(voice: Float32) -> None:
    for rate in (8000, 16000, 48000):
        for gain in (0.05, 0.5):
            check = check_speech(resample(voice, Fraction(rate, RATE)) * np.float32(gain), rate)
            assert check.problem is None
            assert check.duration_s == pytest.approx(len(voice) / RATE, abs=1e-3)
            assert 2 < check.speech_s <= check.duration_s


def test_pauses_are_no_speech(voice: Float32) -> None:
    pause = np.zeros(5 * RATE, np.float32)
    check = check_speech(np.concatenate((pause, voice, pause)), RATE)
    assert check.problem is None
    assert check.speech_s == pytest.approx(check_speech(voice, RATE).speech_s, abs=0.3)


@pytest.mark.parametrize("num_samples", [0, 5, RATE])
def test_silence(num_samples: int) -> None:
    assert kind(check_speech(np.zeros(num_samples, np.float32), RATE)) == ProblemKind.SILENT
    barely = noise(2) / np.float32(6000)
    assert kind(check_speech(barely, RATE)) == ProblemKind.SILENT


def test_noise_and_hum_are_no_speech(voice: Float32) -> None:
    time = np.arange(4 * RATE) / RATE
    hum = 5000 * np.sin(2 * np.pi * 50 * time) + 900 * np.sin(2 * np.pi * 150 * time)
    steady = noise(4)
    pumping = steady * (1 + np.sin(2 * np.pi * 3 * time))
    brown = np.cumsum(steady - steady.mean())
    for sound in (steady, pumping, hum, hum + noise(4) / 20, brown * (8000 / brown.std())):
        assert kind(check_speech(sound.astype(np.float32), RATE)) == ProblemKind.NO_SPEECH
    assert kind(check_speech(voice + steady[: len(voice)] / np.float32(20), RATE)) is None


def test_too_short_is_said_by_the_speech_in_it(voice: Float32) -> None:
    loudest = int(np.abs(voice).argmax())
    moment = voice[max(loudest - RATE // 10, 0) : loudest + RATE // 10]
    padded = np.concatenate((moment, np.zeros(2 * RATE, np.float32)))
    problem = check_speech(padded, RATE).problem
    assert problem
    assert problem.kind == ProblemKind.TOO_SHORT
    assert problem.reason.endswith("s of speech, 0.5 s are needed")
    assert check_speech(padded, RATE, min_speech_s=0.1).problem is None
    for length in (0.02, 0.49):  # whatever is in them
        assert kind(check_speech(noise(length), RATE)) == ProblemKind.TOO_SHORT


def test_clipped(voice: Float32) -> None:
    limit = np.float32(np.percentile(np.abs(voice), 90))
    check = check_speech(np.clip(voice, -limit, limit), RATE)
    assert kind(check) == ProblemKind.CLIPPED
    assert check.clipped_share == pytest.approx(0.1, abs=0.02)
