"""The shipped tables hold what the documentation says; broken ones are refused with the place."""

from collections import defaultdict
from pathlib import Path

import pytest
from corpus_tables import read_packages, read_sounds, read_speakers, select

from speakernet.config import UserError

HEADER = "speaker\tlanguage\tgender\trole\tpackage\tpattern\tsession\tsubset\n"


@pytest.fixture(scope="module")
def tables(repository: Path) -> Path:
    return repository / "egs" / "debian_voices"


def test_every_package_that_a_row_names_is_listed(tables: Path) -> None:
    packages = read_packages(tables / "packages.tsv")
    used = {row.package for row in read_speakers(tables / "speakers.tsv")}
    used |= {row.package for row in read_sounds(tables / "sounds.tsv")}
    assert used == set(packages)


def test_no_test_language_is_in_training_or_cohort(tables: Path) -> None:
    languages = defaultdict(set)
    for row in read_speakers(tables / "speakers.tsv"):
        languages[row.role].add(row.language)
    assert languages["test"]
    assert not languages["test"] & (languages["train"] | languages["cohort"])


def test_the_subset_has_every_role_it_needs_and_few_packages(tables: Path) -> None:
    rows = select(read_speakers(tables / "speakers.tsv"), subset=True)
    assert {row.role for row in rows} == {"train", "test", "babble"}
    assert {row.package for row in rows} == {"klettres-data"}
    kinds = {row.kind for row in select(read_sounds(tables / "sounds.tsv"), subset=True)}
    assert kinds == {"noise", "music"}


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("usr/share/ktuberling/sounds/el/egypt_boy.ogg", "egypt"),
        ("usr/share/ktuberling/sounds/el/nose.ogg", "plain"),
        ("usr/share/ktuberling/sounds/en/nose.ogg", None),
    ],
)
def test_sessions_come_from_file_names(tables: Path, name: str, session: str | None) -> None:
    rows = read_speakers(tables / "speakers.tsv")
    row = next(row for row in rows if row.speaker == "ktuberling_el")
    assert row.session_of(name) == session


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speaker\n", r"t\.tsv:1: expected the columns speaker language"),
        (HEADER + "a\tb\n", r"t\.tsv:2: found 2 fields; expected 8"),
        (HEADER + "a-b\tel\t-\ttest\tp\tx\ty\t-\n", r"t\.tsv:2: speaker 'a-b'; expected only"),
        (HEADER + "a\tel\t-\tTEST\tp\tx\ty\t-\n", r"t\.tsv:2: role 'TEST'; expected one of"),
        (HEADER + "a\tel\t-\ttest\tp\t(x\ty\t-\n", r"t\.tsv:2: pattern '\(x'"),
        (HEADER + "a\tel\t-\ttest\tp\tx\ty\tno\n", r"t\.tsv:2: subset 'no'; expected yes or -"),
        (
            HEADER + "a\tel\t-\ttest\tp\tx\ty\t-\na\tel\t-\ttrain\tp\tx\ty\t-\n",
            "speaker 'a' has roles test and train",
        ),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_speakers(tmp_path / "t.tsv")
