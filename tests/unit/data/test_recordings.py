"""Tables of recordings: lines of files, segments, and what does not fit utt2spk."""

import os
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.data.index import read_utterance_index
from speakernet.data.recordings import LineIndex, RecordingTable, SharedLengths


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
