"""Options beyond the golden files beside kaldi-native-fbank; fast code beside slow."""

from dataclasses import replace

import kaldi_native_fbank as knf
import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.signal.fbank import Fbank, fbank
from speakernet.signal.mel import mel_filters
from speakernet.signal.mfcc import Mfcc
from speakernet.signal.options import FbankOptions, MfccOptions, SpectralOptions
from speakernet.signal.window import window_function

FRAME = {
    "sample_frequency": "samp_freq",
    "frame_length": "frame_length_ms",
    "frame_shift": "frame_shift_ms",
    "preemphasis_coefficient": "preemph_coeff",
    "remove_dc_offset": "remove_dc_offset",
    "window_type": "window_type",
    "blackman_coeff": "blackman_coeff",
    "round_to_power_of_two": "round_to_power_of_two",
    "snip_edges": "snip_edges",
    "dither": "dither",
}
MEL = {"num_mel_bins": "num_bins", "low_freq": "low_freq", "high_freq": "high_freq"}
OWN = ("use_energy", "energy_floor", "raw_energy", "htk_compat")


def speech_like(num_samples: int = 9000) -> Float32:
    generator = np.random.default_rng(3)
    noise = np.cumsum(generator.standard_normal(num_samples))
    envelope = 1 + np.sin(np.arange(num_samples) / 700)
    return np.round(200 * envelope * (noise - noise.mean()) + 50).clip(-32768, 32767).astype("f4")


def configure(target: object, options: SpectralOptions, extra: tuple[str, ...]) -> None:
    for ours, theirs in FRAME.items():
        setattr(target.frame_opts, theirs, getattr(options, ours))  # type: ignore[attr-defined]
    for ours, theirs in MEL.items():
        setattr(target.mel_opts, theirs, getattr(options, ours))  # type: ignore[attr-defined]
    for name in (*OWN, *extra):
        setattr(target, name, getattr(options, name))


def frames_of(extractor: object, options: SpectralOptions, waveform: Float32) -> Float32:
    extractor.accept_waveform(options.sample_frequency, waveform)  # type: ignore[attr-defined]
    extractor.input_finished()  # type: ignore[attr-defined]
    count = extractor.num_frames_ready  # type: ignore[attr-defined]
    return np.stack([extractor.get_frame(i) for i in range(count)])  # type: ignore[attr-defined]


def native_fbank(options: FbankOptions, waveform: Float32) -> Float32:
    theirs = knf.FbankOptions()
    configure(theirs, options, ("use_log_fbank", "use_power"))
    return frames_of(knf.OnlineFbank(theirs), options, waveform)


@pytest.mark.parametrize(
    "changes",
    [
        {"window_type": "hamming"},
        {"window_type": "hanning"},
        {"window_type": "rectangular"},
        {"window_type": "blackman", "blackman_coeff": 0.4},
        {"window_type": "sine"},
        {"use_energy": True},
        {"use_energy": True, "raw_energy": False},
        {"use_energy": True, "htk_compat": True},
        {"use_energy": True, "energy_floor": 1e12},
        {"use_log_fbank": False},
        {"use_power": False},
        {"low_freq": 100.0, "high_freq": 7000.0},
        {"high_freq": -400.0},
        {"frame_length": 30.0, "frame_shift": 12.5},
        {"frame_length": 20.0, "snip_edges": False},
        {"round_to_power_of_two": False},
        {"preemphasis_coefficient": 0.0},
        {"preemphasis_coefficient": 1.0, "remove_dc_offset": False},
        {"sample_frequency": 8000.0, "num_mel_bins": 40},
        {"sample_frequency": 44100.0},
        {"num_mel_bins": 3},
    ],
    ids=lambda changes: ",".join(f"{k}={v}" for k, v in changes.items()),
)
def test_fbank_options(changes: dict[str, object]) -> None:
    options = replace(FbankOptions(num_mel_bins=80, dither=0.0), **changes)  # type: ignore[arg-type]
    ours, theirs = Fbank(options)(speech_like()), native_fbank(options, speech_like())
    assert ours.shape == theirs.shape
    if options.use_log_fbank:
        difference = np.abs(ours - theirs)
        assert difference.max() <= 5e-3
        assert np.mean(difference <= 1e-4) >= 0.99
    else:
        np.testing.assert_allclose(ours, theirs, rtol=5e-4, atol=1e-3 * np.abs(theirs).mean())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_ceps": 20, "num_mel_bins": 40},
        {"cepstral_lifter": 0.0},
        {"use_energy": False, "htk_compat": True},
        {"htk_compat": True},
    ],
    ids=str,
)
def test_mfcc_options(changes: dict[str, object]) -> None:
    options = replace(MfccOptions(dither=0.0), **changes)  # type: ignore[arg-type]
    theirs = knf.MfccOptions()
    configure(theirs, options, ("num_ceps", "cepstral_lifter"))
    expected = frames_of(knf.OnlineMfcc(theirs), options, speech_like())
    np.testing.assert_allclose(Mfcc(options)(speech_like()), expected, rtol=0, atol=2e-3)


def test_fast_code_equals_the_definition_in_float64() -> None:
    options = FbankOptions(num_mel_bins=80, dither=0.0)
    window, waveform = window_function(options).astype(np.float64), speech_like()
    rows = []
    for start in range(0, len(waveform) - 399, 160):
        frame = waveform[start : start + 400].astype(np.float64)
        frame -= frame.mean()
        frame -= 0.97 * np.concatenate((frame[:1], frame[:-1]))
        power = np.abs(np.fft.rfft(frame * window, 512))[:256] ** 2
        rows.append(np.log(np.maximum(power @ mel_filters(options), np.finfo(np.float32).eps)))
    difference = np.abs(fbank(waveform, options) - np.array(rows))
    assert difference.max() <= 5e-3
    assert np.mean(difference <= 1e-4) >= 0.99


def test_long_utterance_equals_its_parts() -> None:
    """Blocks of frames leave no seams."""
    options, waveform = FbankOptions(num_mel_bins=40, dither=0.0), speech_like(200_000)
    whole = fbank(waveform, options)
    for first in (0, 190, 500, 1100):
        part = fbank(waveform[first * 160 : first * 160 + 4000], options)
        np.testing.assert_allclose(whole[first : first + len(part)], part, rtol=0, atol=2e-4)


def test_dither_changes_features_as_kaldis_does() -> None:
    """Silence becomes noise of variance 1: the same mean and spread of log energies as Kaldi's."""
    options, silence = FbankOptions(num_mel_bins=80), np.zeros(160_000, dtype=np.float32)
    ours, theirs = fbank(silence, options, seed=5), native_fbank(options, silence)
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), rtol=0, atol=0.2)
    np.testing.assert_allclose(ours.std(axis=0), theirs.std(axis=0), rtol=0.2)
