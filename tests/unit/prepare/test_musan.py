"""A tree laid out like MUSAN becomes data dirs."""

from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

from speakernet.audio.commands import run_command
from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import Resampled
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.tables import read_table
from speakernet.prepare.musan import PARTS, make_musan
from tests.unit.prepare.recordings import write_waveform


@pytest.fixture
def musan(tmp_path: Path) -> Path:
    root = tmp_path / "musan"
    for part, seconds in (("noise", 0.6), ("music", 5), ("speech", 2)):
        for index in range(4):
            write_waveform(root / f"{part}/source/{part}-{index:04}.wav", seconds, index)
    annotations = "".join(f"music-{i:04} rock {'YN'[i % 2]} someone\n" for i in range(5))
    (root / "music/source/ANNOTATIONS").write_text(annotations, encoding="utf-8")
    return root


@pytest.mark.parametrize("part", PARTS)
def test_parts_become_data_dirs(tmp_path: Path, musan: Path, part: str) -> None:
    assert make_musan(musan, part, tmp_path / "m") == 4
    validate(tmp_path / "m", feats=False)
    seconds = {"noise": "0.6", "music": "5", "speech": "2"}[part]
    assert read_table(tmp_path / "m/reco2dur") == {f"{part}-{i:04}": seconds for i in range(4)}


def test_music_with_vocals_is_left_out_when_told(tmp_path: Path, musan: Path) -> None:
    assert make_musan(musan, "music", tmp_path / "m", use_vocals=False) == 2
    assert list(read_table(tmp_path / "m/wav.scp")) == ["music-0001", "music-0003"]


def test_files_of_another_rate_are_behind_a_command(tmp_path: Path, musan: Path) -> None:
    make_musan(musan, "noise", tmp_path / "m", sample_rate=8000)
    entry = read_table(tmp_path / "m/wav.scp")["noise-0000"]
    assert entry == f"sox -t wav {musan}/noise/source/noise-0000.wav -r 8000 -t wav - |"
    assert read_table(tmp_path / "m/reco2dur")["noise-0000"] == "0.6"


def test_broken_trees(tmp_path: Path, musan: Path) -> None:
    (musan / "music/source/ANNOTATIONS").write_text("music-0001 rock X\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"ANNOTATIONS:1: found 'music-0001 rock X'; expected"):
        make_musan(musan, "music", tmp_path / "m")
    with pytest.raises(UserError, match="found no audio"):
        make_musan(tmp_path / "wav", "noise", tmp_path / "m")
    write_waveform(musan / "noise/other/noise-0001.wav", 1)
    with pytest.raises(UserError, match=r"noise-0001.wav: has the same name as "):
        make_musan(musan, "noise", tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("name", ["door\x01bell.wav", "door\u200bbell.wav", "door\nbell.wav"])
def test_a_name_that_is_no_id_is_told_before_anything_is_read(
    tmp_path: Path, musan: Path, name: str
) -> None:
    (musan / "noise" / name).write_bytes(b"")
    with pytest.raises(UserError, match="bell.wav: its name cannot be an id; rename it"):
        make_musan(musan, "noise", tmp_path / "m")


@pytest.mark.skipif(not which("sox"), reason="needs sox")
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "it's.flac"])
def test_sox_changes_the_rate_of_noises(tmp_path: Path, name: str) -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, 16000) / 32768
    (tmp_path / "a tree/noise").mkdir(parents=True)
    soundfile.write(tmp_path / "a tree/noise" / name, samples, 16000)
    assert make_musan(tmp_path / "a tree", "noise", tmp_path / "m", sample_rate=8000) == 1
    (entry,) = read_table(tmp_path / "m/wav.scp").values()
    assert isinstance(parse_entry(entry), Resampled)
    audio = run_command(entry[:-1])
    assert (audio.sample_rate, len(audio.samples)) == (8000, 8000)


def test_upper_case_and_what_macos_adds(
    tmp_path: Path, musan: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = musan / "noise/source"
    (folder / "noise-0003.wav").rename(folder / "noise-0003.WAV")
    (folder / "._noise-0003.WAV").write_bytes(b"\0\5\x16\7Mac OS X")
    (folder / ".DS_Store").touch()
    assert make_musan(musan, "noise", tmp_path / "m") == 4
    assert "1 ._ files of macOS are no audio and left out" in caplog.text


def test_annotations_that_are_no_file_are_an_error(musan: Path, tmp_path: Path) -> None:
    annotations = musan / "music/source/ANNOTATIONS"
    annotations.unlink()
    annotations.symlink_to("gone")
    with pytest.raises(UserError, match="ANNOTATIONS: no such file"):
        make_musan(musan, "music", tmp_path / "m")
    annotations.unlink()
    annotations.mkdir()
    with pytest.raises(UserError, match="ANNOTATIONS: found a folder"):
        make_musan(musan, "music", tmp_path / "m")


def test_names_with_blanks_and_commas(tmp_path: Path) -> None:
    root = tmp_path / "mu, san"
    for name in ("a  door, 1", "b\u00a0bell"):
        write_waveform(root / f"noise/a b/{name}.wav", 0.1)
    assert make_musan(root, "noise", tmp_path / "m") == 2
    entries = read_table(tmp_path / "m/wav.scp")
    assert entries["a_door,_1"] == f"{root}/noise/a b/a  door, 1.wav"
    assert "b_bell" in entries
    write_waveform(root / "noise/b_bell.wav", 0.1)
    with pytest.raises(UserError, match="has the same name as "):
        make_musan(root, "noise", tmp_path / "m")
