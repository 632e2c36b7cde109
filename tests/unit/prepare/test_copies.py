"""Copies of all utterances of a data dir, or of some that are drawn."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.datadir import Affixes, NewAudio
from speakernet.kaldi.tables import iter_table, read_table
from speakernet.prepare.copies import draw_utterances, write_copy
from tests.unit.prepare.recordings import write_data_dir

ENTRIES = {f"s{n % 10}-u{n:03}": f"/wav/{n}.wav" for n in range(200)}


def test_what_is_drawn_depends_on_seed_and_ids_alone(tmp_path: Path) -> None:
    everything = write_data_dir(tmp_path / "a", ENTRIES)
    drawn = draw_utterances(everything, 50, 1)
    assert len(drawn) == 50
    assert draw_utterances(everything, 50, 1) == drawn
    assert draw_utterances(everything, 20, 1) < drawn
    assert draw_utterances(everything, 50, 2) != drawn
    some = write_data_dir(tmp_path / "b", {k: v for k, v in ENTRIES.items() if k < "s5"})
    assert {name for name in drawn if name < b"s5"} <= draw_utterances(some, 50, 1)


def test_all_or_as_many_as_are_asked_for(tmp_path: Path) -> None:
    source = write_data_dir(tmp_path / "a", ENTRIES)
    for number, expected in ((0, 200), (7, 7)):
        new = NewAudio(iter_table(source / "wav.scp"))
        write_copy(source, tmp_path / "b", Affixes(utt_suffix="-x"), new, num_utterances=number)
        assert len(read_table(tmp_path / "b/wav.scp", is_sorted=True)) == expected
    with pytest.raises(UserError, match="found 200 utterances; expected at least 201"):
        new = NewAudio(iter_table(source / "wav.scp"))
        write_copy(source, tmp_path / "c", Affixes(), new, num_utterances=201)
    assert not (tmp_path / "c").exists()
