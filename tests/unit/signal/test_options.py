from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.signal.options import FbankOptions, MfccOptions, VadOptions


def write(folder: Path, *lines: str) -> Path:
    path = folder / "fbank.conf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_kaldis_config_files(tmp_path: Path) -> None:
    path = write(
        tmp_path, "# a comment", "", "--num-mel-bins=80  # bins", "--snip_edges=false",
        "--use-energy", "--low-freq=20", "--low-freq=30",
    )  # fmt: skip
    options = FbankOptions.from_file(path)
    assert options.num_mel_bins == 80
    assert options.snip_edges is False
    assert options.use_energy is True
    assert options.low_freq == 30


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--num-mel-bin=80", "conf:2: unknown option --num-mel-bin (did you mean 'num-mel-bins'?)"),
        ("--vtln-warp=1.1", "conf:2: option --vtln-warp of Kaldi is not supported here"),
        ("--num-mel-bins=80.5", "conf:2: --num-mel-bins: found '80.5'; expected an integer"),
        ("--snip-edges=yes", "conf:2: --snip-edges: found 'yes'; expected true or false"),
        ("--dither", "conf:2: option --dither needs a value"),
        ("num-mel-bins=80", "conf:2: found 'num-mel-bins=80'; expected --option=value"),
        ("--window-type=poovey", "conf: unknown --window-type 'poovey' (did you mean 'povey'?)"),
        ("--num-mel-bins=2", "conf: --num-mel-bins=2: expected 3 to 65536"),
        ("--num-mel-bins=4294967295", "expected 3 to 65536"),
        ("--frame-length=5e6", "--frame-length=5e+06 at --sample-frequency=16000: 80000000"),
        ("--high-freq=9000", "expected 0 <= low < high <= 8000"),
        ("--frame-shift=0", "--frame-length or --frame-shift is too short"),
        ("--preemphasis-coefficient=2", "expected a value from 0 to 1"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        FbankOptions.from_file(write(tmp_path, "--sample-frequency=16000", line))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        FbankOptions.from_file(tmp_path / "none.conf")


def test_options_of_cepstra_and_vad() -> None:
    with pytest.raises(UserError, match="--num-ceps=30: expected 1 to 23"):
        MfccOptions(num_ceps=30)
    with pytest.raises(UserError, match="between 0 and 1"):
        VadOptions(vad_proportion_threshold=1.0)
    with pytest.raises(UserError, match="0 or more"):
        VadOptions(vad_frames_context=-1)


@pytest.mark.parametrize(
    ("num_samples", "snipped", "centered"),
    [(0, 0, 0), (79, 0, 0), (80, 0, 1), (399, 0, 2), (400, 1, 3), (559, 1, 3), (560, 2, 4)],
)
def test_number_of_frames(num_samples: int, snipped: int, centered: int) -> None:
    assert FbankOptions().num_frames(num_samples) == snipped
    assert FbankOptions(snip_edges=False).num_frames(num_samples) == centered
