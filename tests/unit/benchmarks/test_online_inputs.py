"""Inputs of the benchmarks of readers: lengths, formats, tables, and what is kept."""

from pathlib import Path

import av
import numpy as np

from benchmarks.online_inputs import make_inputs
from speakernet.audio.reader import AudioReader
from speakernet.kaldi.tables import read_table

FORMS = ("wav", "wav_speed", "m4a", "m4a_commands")


def test_files_have_the_speech_of_one_speaker_and_four_to_twelve_seconds(
    online_work: Path,
) -> None:
    tables = {form: read_table(online_work / form / "wav.scp") for form in FORMS}
    owners = read_table(online_work / "wav/utt2spk")
    assert len(owners) == 9 and set(owners.values()) == {"anna", "bo", "cy"}
    assert all(table.keys() == owners.keys() for table in tables.values())
    reader = AudioReader(16000)
    for entry in tables["wav"].values():
        assert 4 * 16000 <= len(reader.read(entry)) < 12 * 16000


def test_m4a_has_the_same_recording(online_work: Path) -> None:
    reader, wavs = AudioReader(16000), read_table(online_work / "wav/wav.scp")
    for name, path in read_table(online_work / "m4a/wav.scp").items():
        with av.open(path) as container:
            assert container.streams.audio[0].codec_context.name == "aac"
            blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
        decoded, wav = np.concatenate(blocks).astype(np.float32) * 32768, reader.read(wavs[name])
        assert abs(len(decoded) - len(wav)) <= 2 * 1024  # padded to whole blocks, or primed
        power = np.mean(decoded**2) / np.mean(wav**2)
        assert 0.3 < power < 1.5


def test_a_third_each_is_slow_and_fast(online_work: Path) -> None:
    entries = read_table(online_work / "wav_speed/wav.scp").values()
    assert [sum(speed in entry for entry in entries) for speed in ("0.9 |", "1.1 |")] == [3, 3]


def test_files_that_are_there_are_kept(online_work: Path) -> None:
    files = sorted((online_work / "audio").iterdir())
    before = [path.stat().st_mtime_ns for path in files]
    make_inputs(online_work, online_work.parent, len(files) // 2)
    assert [path.stat().st_mtime_ns for path in files] == before
