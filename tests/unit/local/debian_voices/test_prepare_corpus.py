"""The whole preparation, on packages made here: sets, report, MUSAN-like tree."""

from pathlib import Path

import prepare_corpus
import pytest

from speakernet.config import UserError
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.tables import read_table
from tests.unit.local.debian_voices.debs import digest, make_deb, tone, wav_bytes

SPEAKERS = (
    ("greek", "el", "test"),
    ("czech", "cs", "train"),
    ("finnish", "fi", "cohort"),
    ("french", "fr", "babble"),
    ("nobody", "xx", "exclude"),
)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Two packages, voices and sounds, and the tables that describe them."""
    files = {"doc/copyright": b"free"}
    for number, (speaker, _, _) in enumerate(SPEAKERS):
        for place, session in enumerate(("one", "two")):
            for clip in range(9):
                pitch_hz = 100.0 + 50 * number + 20 * place + clip
                content = wav_bytes(tone(1.5, pitch_hz, 8000), 8000)
                files[f"voices/{speaker}/{session}/{clip}.wav"] = content
    files["voices/greek/one/9.wav"] = files["voices/greek/one/0.wav"]
    files["voices/greek/two/broken.wav"] = b"RIFF"
    make_deb(tmp_path / "voices_1_all.deb", files)
    sounds = {
        "noise/bang.wav": wav_bytes(tone(1.0)),
        "noise/click.wav": wav_bytes(tone(0.01)),
        "music/song.wav": wav_bytes(tone(90.0, rate_hz=8000), 8000),
    }
    make_deb(tmp_path / "sounds_2%3a1_all.deb", sounds)
    packages = "voices\t1\t-\t1\tGPL-2\nsounds\t2:1\t-\t1\tCC0\n"
    (tmp_path / "packages.tsv").write_text("package\tversion\tsha256\tsize\tlicence\n" + packages)
    lines = [
        f"{speaker}\t{language}\tm\t{role}\tvoices\tvoices/{speaker}/([a-z]+)/.*\t\\1\t-\n"
        for speaker, language, role in SPEAKERS
    ]
    header = "speaker\tlanguage\tgender\trole\tpackage\tpattern\tsession\tsubset\n"
    (tmp_path / "speakers.tsv").write_text(header + "".join(lines))
    (tmp_path / "sounds.tsv").write_text(
        "kind\tsource\tpackage\tpattern\tgenre\tsubset\n"
        "noise\tfx\tsounds\tnoise/.*\t-\t-\nmusic\tband\tsounds\tmusic/.*\tpop\t-\n"
    )
    return tmp_path


def prepare(tables: Path, name: str, num_jobs: int) -> Path:
    out = tables / name
    options = ["--tables", tables, "--debs", tables, "--nj", num_jobs, out]
    prepare_corpus.main(list(map(str, options)))
    return out


def test_sets_and_their_wav_files_belong_together(tables: Path) -> None:
    out = prepare(tables, "out", 1)
    wavs = set()
    for name in ("train", "test", "cohort"):
        validate(out / name, feats=False)
        wavs |= set(read_table(out / name / "wav.scp").values())
    assert wavs == {str(path) for path in (out / "wav").rglob("*.wav")}
    assert set(read_table(out / "cohort" / "spk2utt")) == {"czech", "finnish"}


def test_every_clip_is_in_the_report(tables: Path) -> None:
    lines = (prepare(tables, "out", 1) / "clips.tsv").read_text().splitlines()[1:]
    fates = {tuple(line.split("\t")[::2]): int(line.split("\t")[1]) for line in lines}
    assert sum(fates.values()) == len(SPEAKERS) * 18 + 2
    assert fates["greek", "copy of another file"] == 1
    assert fates["greek", "cannot be decoded"] == 1
    assert fates["greek", "used"] == 18
    assert fates["nobody", "speaker left out"] == 18


def test_noise_music_and_speech_lie_as_in_musan(tables: Path) -> None:
    out = prepare(tables, "out", 1)
    names = sorted(path.name for path in (out / "musan").rglob("*.wav"))
    assert names == [
        *(f"music-band-{number:04d}.wav" for number in range(4)),
        "noise-fx-0000.wav",
        *(f"speech-debian_voices-{number:04d}.wav" for number in range(2)),
    ]
    music = (out / "musan/music/band/ANNOTATIONS").read_text().splitlines()
    assert music[1] == "music-band-0001 pop N band"
    speech = (out / "musan/speech/debian_voices/ANNOTATIONS").read_text().splitlines()
    assert speech[0] == "speech-debian_voices-0000 m fr french-one-001"
    assert (out / "musan/noise/fx/LICENSE").read_text() == "sounds: CC0\n"


def test_the_number_of_processes_changes_no_byte(tables: Path) -> None:
    first = digest(prepare(tables, "out", 1))
    assert digest(prepare(tables, "out", 2)) == first
    assert sorted(path.name for path in (tables / "out").iterdir()) == [
        "clips.tsv",
        "cohort",
        "musan",
        "test",
        "train",
        "wav",
    ]


def test_a_speaker_without_files_is_an_error(tables: Path) -> None:
    text = (tables / "speakers.tsv").read_text()
    (tables / "speakers.tsv").write_text(text + "ghost\tel\t-\ttest\tvoices\tghost/.*\tx\t-\n")
    with pytest.raises(UserError, match="no file of the packages matches speaker 'ghost'"):
        prepare(tables, "out", 1)


def test_a_package_that_is_not_listed_is_an_error(tables: Path) -> None:
    text = (tables / "speakers.tsv").read_text()
    (tables / "speakers.tsv").write_text(text + "ghost\tel\t-\ttest\tother\tghost/.*\tx\t-\n")
    with pytest.raises(UserError, match=r"packages\.tsv: no line for package 'other'"):
        prepare(tables, "out", 1)
