"""The utterances of a data dir, whole recordings or parts of them."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.wav_scp import Utterance, iter_utterances


def test_utterances_are_recordings_or_segments(tmp_path: Path) -> None:
    scp, segments = tmp_path / "wav.scp", tmp_path / "segments"
    scp.write_text("r1 a.wav\nr2 cat b.wav |\n", encoding="utf-8")
    assert list(iter_utterances(tmp_path)) == [
        Utterance("r1", "a.wav", f"{scp}:1"),
        Utterance("r2", "cat b.wav |", f"{scp}:2"),
    ]
    segments.write_text("u1 r2 0.5 2\nu2 r2 2 -1\n", encoding="utf-8")
    assert list(iter_utterances(tmp_path)) == [
        Utterance("u1", "cat b.wav |", f"{scp}:2", 0.5, 2.0),
        Utterance("u2", "cat b.wav |", f"{scp}:2", 2.0, -1.0),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("u1 r9 0 1", "recording 'r9' is not in"),
        ("u1 R1 0 1", "'r1' is there, which differs from 'R1' in case"),
        ("u1 r1 0 x", "found '0 x'; expected two times"),
        ("u1 r1 0 1e9999", "found '0 1e9999'; expected two times"),
        ("u1 r1 NaN 1", "found 'NaN 1'; expected two times"),
        ("u1 r1 0 1_0", "found '0 1_0'; expected two times"),
        ("u1 r1 2 1", "found '2 1'; expected 0 <= start < end"),
        ("u1 r1 -0.5 1", "found '-0.5 1'; expected 0 <= start < end"),
        ("u1 r1 3 3", "found '3 3'; expected 0 <= start < end"),
    ],
)
def test_broken_segments_are_a_problem_of_their_utterance(
    tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "wav.scp").write_text("r1 a.wav\n", encoding="utf-8")
    (tmp_path / "segments").write_text(f"{line}\n", encoding="utf-8")
    (utterance,) = iter_utterances(tmp_path)
    assert utterance.place == f"{tmp_path}/segments:1" and message in utterance.problem


def test_a_line_that_cannot_be_parsed(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text("r1 a.wav\n", encoding="utf-8")
    (tmp_path / "segments").write_text("u1 r1 2\n", encoding="utf-8")
    with pytest.raises(UserError, match="segments:1: found 3 fields"):
        list(iter_utterances(tmp_path))
