"""A folder of recordings becomes train, test and cohort."""

import shutil
from pathlib import Path

import make_folder_sets
import pytest
from safe_ids import safe_ids

from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import read_trials
from speakernet.kaldi.wav_scp import iter_utterances
from tests.recordings import write_noise

NAMES = ["Anna Maria", "Мария", "o'Brien", "speaker:12", "anna-maria"]


def prepare(root: Path, *options: str) -> Path:
    out = root.parent / "out"
    make_folder_sets.main(["--data-root", str(root), *options, str(out)])
    return out


def fill(root: Path, speakers: list[str], sessions: int = 2, count: int = 2) -> None:
    number = 0
    for speaker in speakers:
        for session in range(sessions):
            folder = root / speaker / f"day {session}"
            folder.mkdir(parents=True)
            for take in range(count):
                number += 1
                write_noise(folder / f"take {take}.wav", 100 * len(speaker) + number, 9000 + number)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    fill(tmp_path / "my folder", NAMES)
    return tmp_path / "my folder"


def test_speakers_are_in_one_part_and_every_name_is_in_a_table(root: Path) -> None:
    out = prepare(root)
    train, test = (set(read_table(out / name / "utt2spk").values()) for name in ("train", "test"))
    assert len(train) == 3 and len(test) == 2 and not train & test
    lines = [line.split("\t") for line in (out / "speakers.tsv").read_text().splitlines()]
    assert {line[-1]: line[0] for line in lines[1:]} == {
        "Anna Maria": "Anna_Maria", "anna-maria": "anna_maria", "o'Brien": "o_Brien",
        "speaker:12": "speaker_12", "Мария": "x",
    }  # fmt: skip
    trials = read_trials(out / "test/trials")
    sessions = read_table(out / "test/utt2session")
    pairs = zip(trials.enroll, trials.test, trials.is_target, strict=True)
    assert all(sessions[a] != sessions[b] for a, b, is_target in pairs if is_target)
    assert int(trials.is_target.sum()) == 2 * 4 and len(trials) == 2 * 4 + 4 * 4


def test_the_split_and_the_trials_are_those_of_the_seed(root: Path) -> None:
    first, again, other = (
        (prepare(root, "--seed", seed) / "speakers.tsv").read_text() for seed in "116"
    )
    assert first == again != other


def test_files_that_cannot_be_used_are_counted(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = root / "Anna Maria/day 0/take 0.wav"
    shutil.copy(one, one.with_name("copy of it.wav"))
    shutil.copy(root / "speaker:12/day 0/take 1.wav", root / "o'Brien")
    (root / "Anna Maria/empty.flac").touch()
    (root / "Anna Maria/._x.wav").write_bytes(b"\0\5\x16\7")
    (root / "only one").mkdir()
    write_noise(root / "only one/take|", 7, 9999)
    (root / "only one/take|").rename(root / "only one/end:1.wav")
    out = prepare(root)
    reasons = [line.split("\t")[1] for line in (out / "left_out.tsv").read_text().splitlines()]
    both = "two speakers have the same: o'Brien and speaker:12"
    assert sorted(reasons[1:]) == sorted(
        ["copy of another file", "empty", "hidden (._* of macOS)", both, both]
    )
    assert "5 files are left out" in caplog.text
    assert "only_one-end_1" in read_table(out / "train/wav.scp")


@pytest.mark.parametrize(
    ("speakers", "sessions", "found"),
    [(["a", "b", "c"], 2, "3 speakers"), (list("abcde"), 1, "0 of them with 2")],
)
def test_too_small_a_folder_is_told_in_a_line(
    tmp_path: Path, speakers: list[str], sessions: int, found: str
) -> None:
    fill(tmp_path / "small", speakers, sessions, count=1)
    with pytest.raises(UserError, match=f"{found}.*; expected at least 4 speakers"):
        prepare(tmp_path / "small")


def test_an_empty_folder_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "none/a").mkdir(parents=True)
    with pytest.raises(UserError, match=r"found no audio; expected .*/<speaker>/\*\*/\*\.wav"):
        prepare(tmp_path / "none")


def test_without_sessions_two_recordings_are_a_target(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path / "flat", list("abcd"), sessions=1, count=2)
    trials = read_trials(prepare(tmp_path / "flat") / "test/trials")
    assert int(trials.is_target.sum()) == 2
    assert "no speaker has two sessions" in caplog.text


ROWS = [
    "Path;Speaker;start;end;Split;gender",
    "Anna Maria/day 0/take 0.wav;Ann;0;0,5;train;f".replace("0,5", "0.5"),
    "Anna Maria/day 0/take 1.wav;Ann;;;train;f",
    "o'Brien/day 0/take 0.wav;Bob;;;train;m",
    "Мария/day 0/take 0.wav;Мария;;;test;f",
    "Мария/day 1/take 1.wav;Мария;0.01;;test;f",
    "speaker:12/day 0/take 0.wav;S 12;;;test;m",
]


def test_a_table_says_who_speaks_where(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (root / "list.csv").write_bytes(("\ufeff" + "\r\n".join(ROWS) + "\r\n").encode())
    out = prepare(root)
    assert "columns that are not used: gender" in caplog.text
    speakers = read_table(out / "test/utt2spk")
    assert sorted(set(speakers.values())) == ["S_12", "x"]
    parts = {u.name: (u.start_s, u.end_s) for u in iter_utterances(out / "train")}
    assert parts["Ann-Anna_Maria_day_0_take_0-0001"] == (0, 0.5)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x.wav;;;;train;", "list.csv:2: speaker is empty"),
        ("x.wav;A;2;1;train;", "list.csv:2: end is 1; expected more than start, 2"),
        ("x.wav;A;now;;train;", "list.csv:2: start is 'now'; expected seconds"),
        ("x.wav;A;;;dev;", "list.csv:2: split is 'dev'; expected train or test"),
        ("x.wav", "list.csv:2: found 1 fields; expected 6"),
    ],
)
def test_a_row_that_makes_no_sense_is_an_error(root: Path, row: str, message: str) -> None:
    (root / "list.csv").write_text(f"{ROWS[0]}\n{row}\n")
    with pytest.raises(UserError, match=message):
        prepare(root)


def test_a_speaker_in_both_parts_is_an_error(root: Path) -> None:
    rows = [ROWS[0], *ROWS[1:], ROWS[1].replace("train", "test").replace("0.5", "0.51")]
    (root / "list.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(UserError, match="speaker 'Ann' has recordings in train and in test"):
        prepare(root)


def test_columns_are_checked(root: Path) -> None:
    (root / "list.csv").write_text("file,speaker\na,b\n")
    with pytest.raises(UserError, match="list.csv:1: found 'file,speaker'; expected columns path"):
        prepare(root)


def test_ids_are_unique_and_sort_as_their_names_with_a_dash() -> None:
    ids = safe_ids(["é", "e", "E", "王", "", "e_2", "a" * 99])
    assert sorted(ids.values()) == sorted({*ids.values()}) and ids["a" * 99] == "a" * 60
    assert {ids["e"], ids["é"]} == {"e", "e_3"} or {ids["e"], ids["é"]} == {"e", "e_2"}
