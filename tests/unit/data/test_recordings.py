"""Tables of recordings: lines of files, segments, and what does not fit utt2spk."""

import os
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.data.index import StringColumn, UtteranceIndex, read_utterance_index
from speakernet.data.recordings import LineIndex, RecordingTable, SharedLengths, Substitutes


def test_lines_stay_in_their_file(tmp_path: Path) -> None:
    lines = ["a 1", "bé  2 ", "c-3 /x y.wav", "d " + 100_000 * "x"]
    (tmp_path / "table").write_text("".join(f"{line}\n" for line in lines))
    index = LineIndex(tmp_path / "table")
    assert [index[n] for n in range(len(index))] == lines
    (tmp_path / "empty").write_text("")
    assert len(LineIndex(tmp_path / "empty")) == 0


def table(folder: Path, **files: str) -> RecordingTable:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return RecordingTable(folder, read_utterance_index(folder))


def test_utterances_are_recordings(tmp_path: Path) -> None:
    rows = table(tmp_path, wav_scp="u1 a b.wav\nu2 \tsox x -t wav - |\n", utt2spk="u1 s\nu2 s\n")
    assert len(rows) == 2
    assert [rows[row].entry for row in (0, 1)] == ["a b.wav", "sox x -t wav - |"]
    assert rows[1].place == f"{tmp_path}/wav.scp:2"
    assert rows[0].start_s is None


def test_utterances_are_parts_of_recordings(tmp_path: Path) -> None:
    rows = table(
        tmp_path,
        wav_scp="r0 zero.wav\nr1 one.wav\n",
        segments="u1 r1 0.5 2.25\nu2 r0 3 -1\nu3 r1 7 8\n",
        utt2spk="u1 s\nu2 s\nu3 t\n",
    )
    found = [rows[row] for row in range(3)]
    assert [utterance.entry for utterance in found] == ["one.wav", "zero.wav", "one.wav"]
    assert [(utterance.start_s, utterance.end_s) for utterance in found] == [
        (0.5, 2.25),
        (3, -1),
        (7, 8),
    ]
    assert found[2].place == f"{tmp_path}/wav.scp:2"


@pytest.mark.parametrize(
    ("wav_scp", "message"),
    [
        ("u1 a.wav\nu3 c.wav\n", r"wav\.scp:2: utterance 'u3'; utt2spk has 'u2' there"),
        ("u1 a.wav\n", "wav.scp ends before utterance 'u2'"),
        ("u1 a.wav\nu2 b.wav\nu3 c.wav\n", "utt2spk has no more there"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, wav_scp: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        table(tmp_path, wav_scp=wav_scp, utt2spk="u1 s\nu2 s\n")


def test_lengths_are_found_once_for_all_processes() -> None:
    lengths = SharedLengths(3)
    child = os.fork()
    if not child:
        os._exit(lengths.get(1, lambda: 0) + lengths.get(2, lambda: 77) - 77)
    assert os.waitpid(child, 0)[1] == 0

    def unknown() -> int:
        raise AssertionError("was known")

    assert [lengths.get(1, unknown), lengths.get(2, unknown)] == [0, 77]


def substitutes(share: float) -> tuple[Substitutes, list[int]]:
    """Five utterances of one speaker and one of another; the rows that were tried."""
    ids = StringColumn()
    for name in "abcdef":
        ids.append(name)
    labels = np.array([0, 0, 0, 0, 0, 1], dtype=np.int32)
    return Substitutes(UtteranceIndex(ids, labels, ("s", "t")), share), []


def test_another_recording_of_the_speaker_takes_its_place(caplog: pytest.LogCaptureFixture) -> None:
    reader, tried = substitutes(0.5)

    def read(row: int) -> int:
        tried.append(row)
        if row in (1, 2):
            raise UserError(f"row {row} is broken")
        return row

    assert reader.read(0, 7, read) == 0
    found = {key: reader.read(1, key, read) for key in range(10)}
    assert set(found.values()) == {0, 3, 4}
    assert found == {key: reader.read(1, key, read) for key in range(10)}
    assert caplog.text.count("row 1 is broken; another recording of the speaker is read") == 1
    assert "(2 of 6 so far)" in caplog.text


def test_too_many_are_an_error() -> None:
    def read(row: int) -> int:
        raise UserError(f"row {row} is broken")

    for share, count in ((0.2, 2), (0.5, 4)):
        reader, _ = substitutes(share)
        message = rf"row \d is broken; {count} of 6 recordings could not be read: more than --max"
        with pytest.raises(UserError, match=message):
            reader.read(3, 2, read)
    with pytest.raises(UserError, match=r"^row 3 is broken$"):
        substitutes(0)[0].read(3, 2, read)


def test_a_speaker_without_another_recording_is_an_error() -> None:
    reader, _ = substitutes(1)

    def read(row: int) -> int:
        raise UserError(f"row {row} is broken")

    with pytest.raises(UserError, match=r"^row 5 is broken$"):
        reader.read(5, 1, read)
