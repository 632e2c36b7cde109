"""Clips become utterances, and every clip is accounted for."""

import wave
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from clip_audio import UndecodableError, decode, resample, trim_silence
from hypothesis import given, settings
from hypothesis import strategies as st
from utterances import Clip, draw, join_session, without_copies
from wav_file import SAMPLE_RATE_HZ, write_wav

from tests.unit.local.debs import tone, wav_bytes


def clip(name: str, seconds: float, frequency_hz: float = 440.0) -> Clip:
    return Clip(f"{name}.wav", wav_bytes(tone(seconds, frequency_hz)))


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000])
def test_other_rates_and_stereo_become_16_khz_mono(rate_hz: int) -> None:
    samples = decode(wav_bytes(tone(1.0, rate_hz=rate_hz), rate_hz, num_channels=2), ".wav")
    expected = tone(1.0)
    assert samples.dtype == np.float32
    assert len(samples) == len(expected)
    middle = slice(2000, -2000)
    assert np.max(np.abs(samples[middle] - expected[middle])) < 2e-3


def test_resampling_16_khz_changes_nothing() -> None:
    samples = tone(0.1)
    assert resample(samples, SAMPLE_RATE_HZ) is samples


@pytest.mark.parametrize("suffix", [".wav", ".g722", ".gsm"])
def test_nothing_is_decoded_from_nothing(suffix: str) -> None:
    with pytest.raises(UndecodableError):
        decode(b"", suffix)


def test_g722_has_two_samples_a_byte_at_16_khz() -> None:
    assert len(decode(bytes(8000), ".g722")) == 16000


def test_gsm_has_160_samples_a_frame_of_33_bytes_at_8_khz() -> None:
    assert len(decode((b"\xd2" + bytes(32)) * 50, ".gsm")) == 50 * 160 * 2


def test_silence_around_a_tone_is_cut_less_a_margin() -> None:
    quiet = np.zeros(SAMPLE_RATE_HZ, dtype=np.float32)
    trimmed = trim_silence(np.concatenate([quiet, tone(0.5), quiet]))
    assert len(trimmed) == pytest.approx(0.6 * SAMPLE_RATE_HZ, abs=160)


@pytest.mark.parametrize("num_samples", [0, 100, 16000])
def test_digital_silence_comes_back_empty(num_samples: int) -> None:
    assert len(trim_silence(np.zeros(num_samples, dtype=np.float32))) == 0


def test_samples_beyond_full_scale_are_clipped(tmp_path: Path) -> None:
    write_wav(tmp_path / "a" / "x.wav", np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]))
    with wave.open(str(tmp_path / "a" / "x.wav")) as file:
        assert file.getparams()[:3] == (1, 2, SAMPLE_RATE_HZ)
        pcm = np.frombuffer(file.readframes(6), "<i2")
    assert pcm.tolist() == [-32768, -32768, 0, 16384, 32767, 32767]


def test_consecutive_clips_are_joined_and_the_rest_goes_to_the_last_utterance() -> None:
    clips = [clip(f"{i}", 1.0) for i in range(7)]
    counts: Counter[str] = Counter()
    utterances = list(join_session("s", clips, min_s=2.5, counts=counts))
    assert [(u.number, u.num_clips) for u in utterances] == [(1, 3), (2, 4)]
    assert [len(u.samples) for u in utterances] == [3 * SAMPLE_RATE_HZ, 4 * SAMPLE_RATE_HZ]
    assert not counts


def test_a_session_that_is_too_short_is_counted_not_lost() -> None:
    counts: Counter[str] = Counter()
    assert not list(join_session("s", [clip("a", 1.0)] * 2, min_s=2.5, counts=counts))
    assert counts == {"session under 2.5 s": 2}


def test_copies_are_left_out() -> None:
    seen: set[bytes] = set()
    counts: Counter[str] = Counter()
    clips = [clip("b", 1.0), clip("a", 1.0), clip("c", 0.5)]
    assert [c.name for c in without_copies(clips, seen, counts)] == ["a.wav", "c.wav"]
    assert without_copies([clip("d", 0.5)], seen, counts) == []
    assert counts == {"copy of another file": 2}


@given(
    lengths=st.lists(st.lists(st.sampled_from([0.0, 0.1, 0.3, 1.0, 3.0]), max_size=8), max_size=4),
    limit=st.integers(1, 8),
)
@settings(max_examples=40, deadline=None)
def test_every_clip_has_one_fate(lengths: list[list[float]], limit: int) -> None:
    sessions = {
        f"s{number}": [clip(f"{place}", seconds) for place, seconds in enumerate(members)]
        for number, members in enumerate(lengths)
    }
    counts: Counter[str] = Counter()
    drawn = draw(sessions, min_s=1.5, limit=limit, counts=counts)
    assert counts.total() == sum(map(len, lengths))
    assert min(counts.values(), default=0) >= 0
    assert counts["used"] == sum(utterance.num_clips for utterance in drawn)
    assert len(drawn) <= limit
    assert all(len(utterance.samples) >= 1.5 * SAMPLE_RATE_HZ for utterance in drawn)


def test_sessions_take_turns() -> None:
    sessions = {name: [clip(f"{i}", 2.0, 100.0 + i) for i in range(5)] for name in "abc"}
    drawn = draw(sessions, min_s=1.5, limit=7, counts=Counter())
    assert [(u.session, u.number) for u in drawn] == [
        *(("a", number) for number in (1, 2, 3)),
        *(("b", number) for number in (1, 2)),
        *(("c", number) for number in (1, 2)),
    ]
