"""What a package gives: the first row that covers a file decides what it is."""

import re
from pathlib import Path

from corpus_tables import SoundRow, SpeakerRow
from package_content import PackageTask, Recording, Rule, process_package, wav_path

from tests.unit.local.debian_voices.debs import make_deb, tone, wav_bytes


def speaker(name: str, role: str, pattern: str) -> SpeakerRow:
    return SpeakerRow(name, "el", "f", role, "package", re.compile(pattern), r"\1", False)


def test_files_go_where_the_tables_want_them(tmp_path: Path) -> None:
    files = {
        f"{name}/{n}.wav": wav_bytes(tone(1.0, 200 + 10 * number + n))
        for number, name in enumerate(("ann/x", "ann/y", "bob/x", "none/x", "bang"))
        for n in range(3)
    }
    make_deb(tmp_path / "p.deb", files)
    rows = [speaker("ann", "test", "ann/(x)/.*"), speaker("bob", "babble", "bob/(.*)/.*")]
    rows.append(speaker("rest", "exclude", "ann/(.*)/.*"))
    sounds = [SoundRow("noise", "fx", "package", re.compile("bang/.*"), "-", False)]
    rules = {"test": Rule(2.5, 9), "babble": Rule(1.0, 2)}
    folders = [tmp_path / name for name in ("wav", "babble", "musan")]
    result = process_package(PackageTask(tmp_path / "p.deb", rows, sounds, rules, *folders))
    assert [r.utt for r in result.recordings] == ["ann-x-001", "bob-x-001", "bob-x-002"]
    assert +result.counts["ann"] == {"used": 3}
    assert result.counts["bob"]["beyond the first 2 utterances"] == 1
    assert result.counts["rest"] == {"speaker left out": 3}
    assert result.sounds[0].num_files == 3
    wavs = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav"))
    assert wavs == [
        "babble/bob/bob-x-001.wav",
        "babble/bob/bob-x-002.wav",
        *(f"musan/noise/fx/noise-fx-{n:04d}.wav" for n in range(3)),
        "wav/ann/ann-x-001.wav",
    ]


def test_a_recording_knows_its_length_and_its_place() -> None:
    recording = Recording("s-x-001", "s", "x", 24000)
    assert recording.duration_s == 1.5
    assert wav_path(Path("data/wav"), recording) == Path("data/wav/s/s-x-001.wav")
