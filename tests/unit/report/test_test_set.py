"""Tables beside a trial list."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.report.test_set import read_test_set


def test_languages_of_utterances_come_before_those_of_speakers(tmp_path: Path) -> None:
    trials = tmp_path / "trials"
    (tmp_path / "utt2spk").write_text("a1 a\na2 a\nb1 b\n")
    (tmp_path / "spk2lang").write_text("a da\n")
    (tmp_path / "utt2lang").write_text("a2 nb\n")
    (tmp_path / "utt2dur").write_text("a1 2.5\n")
    found = read_test_set(trials)
    assert found.languages == {"a1": "da", "a2": "nb"} and found.sessions == {}
    assert found.durations == {"a1": 2.5} and found.folder == tmp_path


def test_what_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="utt2spk: no such file; a report needs who speaks"):
        read_test_set(tmp_path / "trials")
    (tmp_path / "utt2spk").write_text("a1 a\n")
    (tmp_path / "utt2dur").write_text("a1 long\n")
    with pytest.raises(UserError, match="utt2dur:1: 'long'"):
        read_test_set(tmp_path / "trials2")
