"""Sets and trial lists from recordings."""

from pathlib import Path

import pytest
from corpus_tables import SpeakerRow, read_speakers
from data_dirs import write_sets

from speakernet.config import UserError
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.trials import read_trials
from tests.unit.local.debian_voices.recordings import LANGUAGES, TEST, recordings

HEADER = "speaker\tlanguage\tgender\trole\tpackage\tpattern\tsession\tsubset\n"
SETS = ("train", "test", "cohort")


def folders(path: Path) -> dict[str, Path]:
    for name in SETS:
        (path / name).mkdir()
    return {name: path / name for name in SETS}


@pytest.fixture
def speakers(tmp_path: Path) -> dict[str, SpeakerRow]:
    roles = {"a": "test", "b": "test", "c": "test", "d": "train", "e": "cohort"}
    lines = [f"{s}\t{LANGUAGES.get(s, 'cs')}\t-\t{roles[s]}\tp\tx\ty\t-\n" for s in "abcde"]
    (tmp_path / "t.tsv").write_text(HEADER + "".join(lines))
    return {row.speaker: row for row in read_speakers(tmp_path / "t.tsv")}


def test_the_sets_are_valid_data_dirs(tmp_path: Path, speakers: dict[str, SpeakerRow]) -> None:
    everything = [*TEST, *recordings("d", ("x", 3)), *recordings("e", ("x", 1))]
    write_sets(folders(tmp_path), Path("data/wav"), speakers, everything)
    for name in SETS:
        validate(tmp_path / name, feats=False, text=False)
    wavs = (tmp_path / "cohort" / "wav.scp").read_text().splitlines()
    assert wavs[0] == "d-x-001 data/wav/d/d-x-001.wav"
    assert len(wavs) == 4
    assert read_trials(tmp_path / "test" / "trials").is_target.sum() == 3


def test_an_empty_set_is_an_error(tmp_path: Path, speakers: dict[str, SpeakerRow]) -> None:
    with pytest.raises(UserError, match="train: no utterance is left"):
        write_sets(folders(tmp_path), Path("wav"), speakers, TEST)


def test_an_utterance_from_two_packages_is_an_error(
    tmp_path: Path, speakers: dict[str, SpeakerRow]
) -> None:
    with pytest.raises(UserError, match="two packages give utterance 'a-x-001'"):
        write_sets(folders(tmp_path), Path("wav"), speakers, [*TEST, TEST[0]])
