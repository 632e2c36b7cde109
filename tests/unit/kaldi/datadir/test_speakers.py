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
