"""Characters in tables: what cannot be seen in an id is an error that spells it out."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.characters import near_miss, spelled
from speakernet.kaldi.tables import iter_columns, iter_fields, iter_ids, read_table
from speakernet.kaldi.trials import read_trials

HIDDEN = {
    "\ufeff": "U\\+FEFF .*byte-order mark",
    "\u2003": "U\\+2003",
    "\u2029": "U\\+2029",
    "\u0085": "U\\+0085",
    "\u200d": "U\\+200D",
    "\u00ad": "U\\+00AD .soft hyphen",
    "\u202e": "U\\+202E",
    "\u3164": "U\\+3164",
    "\ufe0f": "U\\+FE0F",
}


@pytest.mark.parametrize("character", HIDDEN)
@pytest.mark.parametrize("place", ["{}b 2", "b{}b 2", "b{} 2"])
def test_hidden_characters_in_ids(tmp_path: Path, character: str, place: str) -> None:
    path = tmp_path / "table"
    path.write_text(f"a 1\n{place.format(character)}\n", encoding="utf-8")
    for read in (read_table, lambda p: list(iter_ids(p)), lambda p: list(iter_columns(p, 2))):
        with pytest.raises(UserError, match=f"table:2: {HIDDEN[character]}"):
            read(path)


def test_every_field_of_a_table_of_ids_is_an_id(tmp_path: Path) -> None:
    path = tmp_path / "utt2spk"
    path.write_text("é1 ü\né2 ü\u205f\n", encoding="utf-8")
    for read in (
        lambda: read_table(path, num_fields=2),
        lambda: list(iter_fields(path, num_fields=2)),
    ):
        with pytest.raises(UserError, match="utt2spk:2: U\\+205F .*<U\\+00FC><U\\+205F>"):
            read()
    path.write_text("é1 é2 target\né1 é\u20023 nontarget\n", encoding="utf-8")
    with pytest.raises(UserError, match="utt2spk:2: U\\+2002"):
        read_trials(path)


def test_values_are_text(tmp_path: Path) -> None:
    """Words of a language may be separated by what is no blank of ASCII; names of files, too."""
    path = tmp_path / "text"
    path.write_text("a は\u3000い\nb c\u00a0d.wav\n", encoding="utf-8")
    assert read_table(path) == {"a": "は\u3000い", "b": "c\u00a0d.wav"}


@pytest.mark.parametrize(
    ("known", "kind"),
    [("id7-A", "in case"), ("id7-a", ""), ("ID7-A", "in case")],
)
def test_near_misses_in_case(known: str, kind: str) -> None:
    assert kind in near_miss("id7-a", ["x", known])
    assert bool(kind) == bool(near_miss("id7-a", ["x", known]))


def test_near_misses_in_spelling() -> None:
    hint = near_miss("zoe\u0308", ["zoé", "zo\u00eb"])
    assert "'zo<U+00EB>' is there, which differs from 'zoe<U+0308>' by Unicode" in hint
    assert spelled("a-1") == "a-1"
