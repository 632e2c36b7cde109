"""Small corpora for the tests of what is made of data dirs."""

from pathlib import Path

import pytest

from tests.unit.prepare.recordings import write_data_dir, write_waveform


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """Four utterances of two speakers; the last is behind a command."""
    entries = {}
    for index, seconds in enumerate((1.5, 2.0, 3.25, 0.7)):
        path = tmp_path / f"wav/{index}.wav"
        write_waveform(path, seconds, index)
        entries[f"s{index // 2}-u{index}"] = str(path)
    entries["s1-u3"] = f"cat {entries['s1-u3']} |"
    return write_data_dir(tmp_path / "train", entries)


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    """A data dir of four noises of 0.6 s."""
    for index in range(4):
        write_waveform(tmp_path / f"noise/{index}.wav", 0.6, index)
    entries = {f"noise-{index}": f"{tmp_path}/noise/{index}.wav" for index in range(4)}
    return write_data_dir(tmp_path / "noises", entries)


@pytest.fixture
def rirs(tmp_path: Path) -> Path:
    """A list of six impulse responses of two rooms."""
    lines = []
    for index in range(6):
        path = f"RIRS_NOISES/small/r{index}.wav"
        write_waveform(tmp_path / path, 0.1, index)
        lines.append(f"--rir-id r{index} --room-id room{index % 2} {path}\n")
    (tmp_path / "RIRS_NOISES/small/rir_list").write_text("".join(lines), encoding="utf-8")
    return tmp_path / "RIRS_NOISES/small/rir_list"


@pytest.fixture
def odd_names() -> list[str]:
    """Names of files that mean more to a shell, or to Kaldi's lists, than themselves."""
    return [
        *("plain.wav", "a b.wav", "a,b.wav", "it's.wav", 'a"b.wav', "$(touch ran).wav"),
        *(
            "`touch ran`.wav",
            "a;touch ran;.wav",
            "a|b.wav",
            "a\\b\\054.wav",
            "%s$HOME~#*.wav",
            "é\u00a0x.wav",
        ),
    ]
