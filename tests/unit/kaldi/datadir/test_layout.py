"""What each tool makes of each table of a data directory: all cells of the table in
docs/formats.md, tried with the programs as users call them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from speakernet.bin import (
    augment_data_dir,
    combine_data,
    copy_data_dir,
    fix_data_dir,
    perturb_data_dir_speed,
    reverberate_data_dir,
    split_data,
    subset_data_dir,
)
from speakernet.config import UserError
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.datadir.layout import TABLES
from tests.unit.kaldi.datadir.data_dirs import write

DOCS = Path(__file__).parents[4] / "docs" / "formats.md"
NAMES = [table.name for table in TABLES]


class Utt(NamedTuple):
    """An utterance; ``number`` stands for all that is no id."""

    number: int
    utt: str
    reco: str
    spk: str

    @property
    def group(self) -> int:
        """The same for all utterances of a recording."""
        return self.number // 4


# A suffix -noise changes the order: s1-u1-b < s1-u1-noise, but s1-u1-b-noise > s1-u1-b.
# Without segments recordings are utterances.
PLAIN = [
    Utt(n, utt, utt, utt[:2])
    for n, utt in enumerate(("s1-u1", "s1-u1-b", "s1-u2", "s2-u1", "s2-u1-a"), 1)
]
SEGMENTS = [
    u._replace(reco=reco) for u, reco in zip(PLAIN, ["r1", "r1", "r1-b", "r2", "r2"], strict=True)
]

# The value of a line; start, end and seconds are those at the speed of the copy.
VALUES = dict(
    line.split(" ", 1)
    for line in """\
utt2spk {spk}
segments {reco} {start} {end}
feats.scp feats.ark:{number}
vad.scp vad.ark:{number}
text word {number}
utt2lang lang{number}
utt2dur {seconds}
utt2num_frames 10{number}
utt2uniq origin{number}
utt2session session{number}
wav.scp /wav/{group}.wav
reco2dur {seconds_of_group}
reco2file_and_channel {reco} A
cmvn.scp cmvn.ark:1
spk2gender f""".splitlines()
)


def value_of(name: str, u: Utt, speed: float) -> str:
    times = {
        "start": u.number,
        "end": u.number + 2.5,
        "seconds": u.number + 0.25,
        "seconds_of_group": u.group + 20.5,
    }
    scaled = {key: f"{time / speed:.9g}" for key, time in times.items()}
    return VALUES[name].format(**u._asdict(), group=u.group, **scaled)


class Row(NamedTuple):
    """A line of the table in the documentation."""

    table: str
    ids: str
    values: str
    copy: str
    noise: str
    speed: str
    longer: str
    combine: str
    fix: str
    split: str


def documented() -> dict[str, Row]:
    lines = re.findall(
        r"^\| `(\S+)` \| (utterance|recording|speaker) \|(.*)\|$", DOCS.read_text(), re.M
    )
    rows = [Row(name, ids, *map(str.strip, rest.split("|"))) for name, ids, rest in lines]
    return {row.table: row for row in rows}


ROWS = documented()


def id_of(utterance: Utt, name: str) -> str:
    return {"utterance": utterance.utt, "recording": utterance.reco, "speaker": utterance.spk}[
        ROWS[name].ids
    ]


def lines_of(name: str, utterances: list[Utt], speed: float = 1.0) -> list[str]:
    return sorted({f"{id_of(u, name)} {value_of(name, u, speed)}" for u in utterances})


def make(folder: Path, utterances: list[Utt], leave_out: frozenset[str] = frozenset()) -> Path:
    """Write all tables of the documentation, and frame_shift."""
    for name in set(present(utterances)) - leave_out:
        write(folder / name, lines_of(name, utterances))
    write(folder / "frame_shift", ["0.01"])
    write_spk2utt(folder, utterances)
    return folder


def write_spk2utt(folder: Path, utterances: list[Utt]) -> None:
    members: dict[str, list[str]] = {}
    for u in sorted(utterances, key=lambda u: u.utt):
        members.setdefault(u.spk, []).append(u.utt)
    write(folder / "spk2utt", [" ".join((spk, *utts)) for spk, utts in sorted(members.items())])


def renamed(
    utterances: list[Utt], rename: Callable[[str], str], *, spk: bool, reco: bool = True
) -> list[Utt]:
    return [
        Utt(
            u.number,
            rename(u.utt),
            rename(u.reco) if reco or u.reco == u.utt else u.reco,
            rename(u.spk) if spk else u.spk,
        )
        for u in utterances
    ]


def tables_in(folder: Path) -> dict[str, list[str]]:
    return {
        name: (folder / name).read_text().splitlines() for name in NAMES if (folder / name).exists()
    }


def present(utterances: list[Utt]) -> Iterator[str]:
    """Yield the tables of a directory that has all of them."""
    has_segments = any(u.reco != u.utt for u in utterances)
    return (name for name in NAMES if name != "segments" or has_segments)


both = pytest.mark.parametrize("utterances", [PLAIN, SEGMENTS], ids=["plain", "segments"])
every_table = pytest.mark.parametrize(
    ("name", "utterances"),
    [
        pytest.param(name, utterances, id=f"{name}-{kind}")
        for kind, utterances in (("plain", PLAIN), ("segments", SEGMENTS))
        for name in present(utterances)
    ],
)


def test_the_documentation_lists_the_tables_of_the_layout() -> None:
    kinds = {t.name: (t.key.value, t.value.value if t.value else "") for t in TABLES}
    assert {row.table: (row.ids, row.values) for row in ROWS.values()} == kinds
    assert list(ROWS) == NAMES == list(VALUES)


@both
def test_what_is_made_here_is_valid(tmp_path: Path, utterances: list[Utt]) -> None:
    validate(make(tmp_path / "a", utterances), text=True)


class Copy(NamedTuple):
    """A tool that copies: its column in the documentation, its call, and the ids of its copies."""

    column: str
    run: Callable[[Path, Path], object]
    rename: Callable[[str], str]
    spk: bool = False
    reco: bool = True
    speed: float = 1.0


def plain_copy(source: Path, target: Path) -> None:
    copy_data_dir.main(["--utt-suffix", "-noise", str(source), str(target)])


def copy_with_prefixes(source: Path, target: Path) -> None:
    options = ["--utt-prefix", "p-", "--spk-prefix", "p-"]
    copy_data_dir.main([*options, str(source), str(target)])


def augment(source: Path, target: Path, *options: str) -> None:
    noises = source.parent / "noises"
    write(noises / "wav.scp", ["n1 /noise/1.wav", "n2 /noise/2.wav"])
    write(noises / "reco2dur", ["n1 3", "n2 4"])
    options = options or ("--utt-suffix", "noise")
    arguments = ["--fg-noise-dir", str(noises), *options, str(source), str(target)]
    augment_data_dir.main(arguments)


def augment_with_speakers(source: Path, target: Path) -> None:
    augment(source, target, "--utt-prefix", "p", "--modify-spk-id", "true")


def reverberate(source: Path, target: Path, *options: str) -> None:
    write(source.parent / "rir_list", ["--rir-id 1 --room-id 1 /rirs/1.wav"])
    options = options or ("--utt-suffix", "noise")
    rirs = ["--rir-set-parameters", str(source.parent / "rir_list")]
    reverberate_data_dir.main([*rirs, *options, str(source), str(target)])


def reverberate_longer(source: Path, target: Path) -> None:
    reverberate(source, target, "--shift-output", "false", "--utt-suffix", "noise")


def perturb_speed(source: Path, target: Path) -> None:
    perturb_data_dir_speed.main(["0.9", str(source), str(target)])


COPIES = {
    "copy": Copy("copy", plain_copy, "{}-noise".format, reco=False),
    "copy with speakers": Copy("copy", copy_with_prefixes, "p-{}".format, spk=True, reco=False),
    "augment": Copy("noise", augment, "{}-noise".format),
    "augment with speakers": Copy("noise", augment_with_speakers, "p-{}".format, spk=True),
    "reverberate": Copy("noise", reverberate, "{}-noise".format),
    "reverberate, not shifted": Copy("longer", reverberate_longer, "{}-noise".format),
    "speed": Copy("speed", perturb_speed, "sp0.9-{}".format, spk=True, speed=0.9),
}


def expected_of(copy: Copy, utterances: list[Utt]) -> dict[str, list[str]]:
    """Return the lines that the documentation promises; of wav.scp with new lines only the ids."""
    copies = renamed(utterances, copy.rename, spk=copy.spk, reco=copy.reco)
    expected = {}
    for name in present(utterances):
        cell = getattr(ROWS[name], copy.column)
        assert cell in ("kept", "scaled", "new", "–")
        if cell == "new":
            expected[name] = sorted({id_of(u, name) for u in copies})
        elif cell != "–":
            expected[name] = lines_of(name, copies, copy.speed if cell == "scaled" else 1.0)
    return expected


@pytest.mark.parametrize("tool", COPIES)
@both
def test_copies(tmp_path: Path, tool: str, utterances: list[Utt]) -> None:
    copy = COPIES[tool]
    source = make(tmp_path / "a", utterances)
    copy.run(source, tmp_path / "b")
    expected, found = expected_of(copy, utterances), tables_in(tmp_path / "b")
    if ROWS["wav.scp"]._asdict()[copy.column] == "new":
        assert all(
            " wav-reverberate " in f" {line}" or " speed 0.9 |" in line for line in found["wav.scp"]
        )
        found["wav.scp"] = [line.split()[0] for line in found["wav.scp"]]
    assert found == expected
    counted = {"utt2num_frames", "vad.scp"} <= expected.keys()
    assert (tmp_path / "b" / "frame_shift").exists() == counted
    validate(tmp_path / "b", feats="feats.scp" in expected)


@pytest.mark.parametrize("tool", COPIES)
@both
def test_a_copy_says_what_its_utterances_were(
    tmp_path: Path, tool: str, utterances: list[Utt]
) -> None:
    copy = COPIES[tool]
    source = make(tmp_path / "a", utterances, frozenset({"utt2uniq"}))
    copy.run(source, tmp_path / "b")
    expected = sorted(f"{copy.rename(u.utt)} {u.utt}" for u in utterances)
    assert tables_in(tmp_path / "b")["utt2uniq"] == expected


@both
def test_a_random_subset_is_copied_with_all_that_it_uses(
    tmp_path: Path, utterances: list[Utt]
) -> None:
    source = make(tmp_path / "a", utterances)
    augment(source, tmp_path / "b", "--utt-suffix", "noise", "--num-utts", "2")
    found = tables_in(tmp_path / "b")
    chosen = [line.split()[0].removesuffix("-noise") for line in found["utt2spk"]]
    assert len(chosen) == 2
    kept = [u for u in utterances if u.utt in chosen]
    found["wav.scp"] = [line.split()[0] for line in found["wav.scp"]]
    assert found == expected_of(COPIES["augment"], kept)


def combine(target: Path, *sources: Path) -> dict[str, list[str]]:
    combine_data.main([str(target), *map(str, sources)])
    return tables_in(target)


@pytest.mark.parametrize("tool", COPIES)
@both
def test_a_set_and_its_copy_are_combined(tmp_path: Path, tool: str, utterances: list[Utt]) -> None:
    source = make(tmp_path / "a", utterances)
    COPIES[tool].run(source, tmp_path / "b")
    copied = tables_in(tmp_path / "b")
    expected = {
        name: sorted({*lines, *copied[name]})
        for name, lines in tables_in(source).items()
        if name in copied
    }
    assert combine(tmp_path / "all", source, tmp_path / "b") == expected


@every_table
def test_a_table_that_one_source_lacks(tmp_path: Path, name: str, utterances: list[Utt]) -> None:
    others = renamed(utterances, "t{}".format, spk=True)
    one = make(tmp_path / "a", utterances)
    if name == "utt2spk":
        with pytest.raises(UserError, match="utt2spk: no such file"):
            combine(tmp_path / "all", one, make(tmp_path / "b", others, frozenset({name})))
        return
    if name == "segments":  # then its recordings are its utterances
        others = [u._replace(reco=u.utt) for u in others]
    two = make(tmp_path / "b", others, frozenset({name}))
    found = combine(tmp_path / "all", one, two)
    assert (name in found) == (ROWS[name].combine == "made")
    if name == "utt2uniq":
        assert found[name] == [*lines_of(name, utterances), *(f"{u.utt} {u.utt}" for u in others)]
    if name == "segments":
        made = [f"{u.utt} {u.utt} 0.0 {value_of('utt2dur', u, 1.0)}" for u in others]
        assert found[name] == [*lines_of(name, utterances), *made]
    validate(tmp_path / "all", feats=False, wav=False)


@both
def test_a_subset_has_the_lines_of_its_utterances(tmp_path: Path, utterances: list[Utt]) -> None:
    source = make(tmp_path / "a", utterances)
    subset_data_dir.main(["--first", str(source), "3", str(tmp_path / "b")])
    chosen = utterances[:3]
    expected = {name: lines_of(name, chosen) for name in present(utterances)}
    assert tables_in(tmp_path / "b") == expected
    assert (tmp_path / "b" / "frame_shift").exists()


@pytest.mark.parametrize("per_utt", [False, True])
@both
def test_parts_have_the_lines_of_their_utterances(
    tmp_path: Path, per_utt: bool, utterances: list[Utt]
) -> None:
    source = make(tmp_path / "a", utterances)
    split_data.main([*(["--per-utt"] if per_utt else []), str(source), "2"])
    num_first = 2 if per_utt else 3
    for part, chosen in (("1", utterances[:num_first]), ("2", utterances[num_first:])):
        folder = source / ("split2utt" if per_utt else "split2") / part
        expected = {name: lines_of(name, chosen) for name in present(utterances)}
        assert tables_in(folder) == expected
        assert (folder / "frame_shift").exists()


def without_the_first_id(folder: Path, name: str) -> str:
    """Remove the first line of a table; return its id."""
    first, *rest = (folder / name).read_text().splitlines()
    write(folder / name, rest)
    return first.split()[0]


@every_table
def test_an_id_that_is_missing(tmp_path: Path, name: str, utterances: list[Utt]) -> None:
    source = make(tmp_path / "a", utterances)
    missing = without_the_first_id(source, name)
    with pytest.raises(UserError, match=r"missing|not in|inversion"):
        validate(source)
    fix_data_dir.main([str(source)])
    left, found = utterances, tables_in(source)
    if ROWS[name].fix == "utterance":
        left = [u for u in utterances if id_of(u, name) != missing]
    gone = {name} if ROWS[name].fix == "table" else set()
    assert found == {n: lines_of(n, left) for n in present(utterances) if n not in gone}
    assert all((source / ".backup" / gone_name).exists() for gone_name in gone)
    validate(source)


@every_table
def test_an_id_that_a_part_would_lack(tmp_path: Path, name: str, utterances: list[Utt]) -> None:
    source = make(tmp_path / "a", utterances)
    without_the_first_id(source, name)
    is_of_segments = ROWS[name].ids == "recording" and utterances is SEGMENTS
    if ROWS[name].split == "error" and not is_of_segments:
        with pytest.raises(UserError, match=r"missing|not in"):
            split_data.main([str(source), "2"])
        assert not list(source.glob("split*"))
        return
    split_data.main([str(source), "2"])
    parts = [tables_in(source / "split2" / part)[name] for part in "12"]
    assert parts[0] + parts[1] == (source / name).read_text().splitlines()
