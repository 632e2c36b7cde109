"""utt2spk and spk2utt, each the other's inversion."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from tests.unit.kaldi.datadir.data_dirs import make, speakers_of, write


def test_inversion_and_back(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    pairs = datadir.utt2spk_from_spk2utt(source / "spk2utt")
    assert dict(pairs) == speakers_of(source)
    write(tmp_path / "bad", ["s1 a b", "s2 c a"])
    with pytest.raises(UserError, match="bad:2: 'a' is listed before"):
        datadir.utt2spk_from_spk2utt(tmp_path / "bad")
    write(tmp_path / "bad", ["s1 a b", "s1 c"])
    with pytest.raises(UserError, match="bad:2: duplicate id 's1'"):
        datadir.utt2spk_from_spk2utt(tmp_path / "bad")


def test_hidden_characters_and_repetitions_in_spk2utt(tmp_path: Path) -> None:
    path = tmp_path / "spk2utt"
    for content, message in (
        ("é a b\u2009c\n", r"spk2utt:1: U\+2009"),
        ("s a\nt b\ns c\n", "spk2utt:3: duplicate id 's'"),
        ("s a\nt b a\n", "spk2utt:2: 'a' is listed before"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(UserError, match=message):
            datadir.utt2spk_from_spk2utt(path)
