"""Features beside those of Kaldi's binaries: tolerances of docs/numerics.md."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.fbank import Fbank
from speakernet.signal.mfcc import Mfcc
from speakernet.signal.options import FbankOptions, MfccOptions, VadOptions
from speakernet.signal.vad import energy_vad

FOLDER = Path(__file__).parents[1] / "golden/features"
CONF = Path(__file__).parents[2] / "conf"
GOLDEN = np.load(FOLDER / "features.npz")


def golden(kind: str) -> dict[str, Float32]:
    return {
        name.split("/")[1]: GOLDEN[name] for name in GOLDEN.files if name.startswith(f"{kind}/")
    }


def waveform(utterance: str) -> Float32:
    return GOLDEN[f"wav/{utterance}"].astype(np.float32)


def without_dither(options: FbankOptions) -> Fbank:
    return Fbank(replace(options, dither=0.0))


def mfcc() -> Mfcc:
    return Mfcc(replace(MfccOptions.from_file(FOLDER / "mfcc.conf"), dither=0.0))


@pytest.mark.parametrize(
    ("kind", "extract"),
    [
        ("fbank80", without_dither(FbankOptions.from_file(CONF / "fbank80.conf"))),
        ("fbank40", without_dither(FbankOptions.from_file(CONF / "fbank40.conf"))),
        ("fbank80_no_snip_edges", without_dither(FbankOptions(num_mel_bins=80, snip_edges=False))),
    ],
)
def test_fbank_is_kaldis(kind: str, extract: Callable[[Float32], Float32]) -> None:
    differences = []
    for utterance, expected in golden(kind).items():
        features = extract(waveform(utterance))
        assert features.dtype == np.float32
        assert features.shape[0] == expected.shape[0]
        if len(expected):
            differences.append(np.abs(features - expected).ravel())
    difference = np.concatenate(differences)
    assert difference.max() <= 5e-3
    assert np.mean(difference <= 1e-4) >= 0.99


def test_mfcc_is_kaldis() -> None:
    extract = mfcc()
    differences = []
    for utterance, expected in golden("mfcc30").items():
        differences.append(np.abs(extract(waveform(utterance)) - expected).ravel())
    difference = np.concatenate(differences)
    # The lifter multiplies what is within 1e-4 before it by up to 12.
    assert difference.max() <= 5e-3
    assert np.mean(difference <= 5e-4) >= 0.99


def test_shorter_than_a_window_is_empty() -> None:
    assert without_dither(FbankOptions(num_mel_bins=80))(waveform("edge-n399")).shape == (0, 80)
    assert golden("fbank80")["edge-n399"].size == 0


def test_sliding_cmn_is_kaldis() -> None:
    for utterance, expected in golden("cmn").items():
        features = golden("fbank80")[utterance].reshape(-1, 80)
        np.testing.assert_allclose(
            sliding_cmn(features), expected.reshape(-1, 80), rtol=0, atol=1e-4
        )


def test_vad_is_kaldis() -> None:
    extract, options = mfcc(), VadOptions.from_file(FOLDER / "vad.conf")
    for utterance, expected in golden("vad").items():
        np.testing.assert_array_equal(energy_vad(extract(waveform(utterance)), options), expected)
        np.testing.assert_array_equal(energy_vad(golden("mfcc30")[utterance], options), expected)


def test_shipped_configurations_are_those_of_the_golden_features() -> None:
    assert MfccOptions.from_file(CONF / "mfcc.conf") == MfccOptions.from_file(FOLDER / "mfcc.conf")
    assert VadOptions.from_file(CONF / "vad.conf") == VadOptions.from_file(FOLDER / "vad.conf")
