"""Properties of Kaldi's formats: round trips, idempotence, and that parts add up to the whole."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis.extra.numpy as npst
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from speakernet.kaldi import datadir
from speakernet.kaldi.ark import ArkWriter, read_ark, read_matrix
from speakernet.kaldi.characters import is_visible
from speakernet.kaldi.compression import compress, decompress, payload_size
from speakernet.kaldi.datadir import Affixes
from speakernet.kaldi.tables import read_table, write_table

ids = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=8,
).filter(is_visible)
matrices = npst.arrays(
    np.float32,
    npst.array_shapes(min_dims=2, max_dims=2, max_side=30),
    elements=st.floats(-1e6, 1e6, width=32),
)


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(st.dictionaries(ids, st.text("ab| '\"\t$é", min_size=1).filter(str.strip)))
def test_tables_survive_writing_and_reading(table: dict[str, str]) -> None:
    with new_folder() as folder:
        write_table(folder / "t", sorted(table.items()))
        expected = {key: value.strip(" \t") for key, value in sorted(table.items())}
        assert read_table(folder / "t", is_sorted=True) == expected


@given(st.dictionaries(ids, matrices, max_size=4))
@settings(max_examples=50)
def test_archives_survive_writing_and_reading(entries: dict[str, NDArray[np.float32]]) -> None:
    with new_folder() as folder:
        with ArkWriter(folder / "x.ark", folder / "x.scp", fsync=False) as writer:
            for key, matrix in entries.items():
                writer.write(key, matrix)
        index = read_table(folder / "x.scp")
        assert list(index) == list(entries)
        for key, matrix in read_ark(folder / "x.ark"):
            np.testing.assert_array_equal(matrix, entries[key])
            np.testing.assert_array_equal(read_matrix(index[key]), matrix)


TINY = float(np.finfo(np.float32).tiny)


@given(matrices)
def test_compression_is_close_and_says_its_size(matrix: NDArray[np.float32]) -> None:
    data = compress(matrix)
    header = data[: data.index(b" ") + 17]
    assert len(data) == len(header) + payload_size(header)
    restored = decompress(data)
    assert restored.shape == matrix.shape
    # The widest piece, 63 steps, covers at most the whole range; products below TINY lose digits.
    width = float(np.ptp(matrix)) or 1.0 + abs(float(matrix.flat[0]))
    assert np.abs(restored - matrix).max() <= width / 63 + 1e-6 * np.abs(matrix).max() + TINY


@given(matrices)
def test_compressing_again_changes_little(matrix: NDArray[np.float32]) -> None:
    once = decompress(compress(matrix))
    width = float(np.ptp(once))
    assert (
        np.abs(decompress(compress(once)) - once).max()
        <= width / 60 + 1e-6 * np.abs(once).max() + TINY
    )


@st.composite
def data_dirs(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Tables of a data directory whose id sets differ; order is theirs."""
    speakers = draw(st.lists(st.sampled_from("abcé"), min_size=1, max_size=4, unique=True))
    utterances = [f"{spk}-{n}" for spk in speakers for n in range(draw(st.integers(1, 4)))]
    shuffled = draw(st.permutations(utterances))
    kept, known = (draw(st.integers(0, len(utterances) - 1)) for _ in range(2))
    return {
        "utt2spk": {utt: utt[0] for utt in shuffled},
        "wav.scp": {utt: f"{utt}.wav" for utt in draw(st.permutations(utterances))},
        "text": {utt: "some words" for utt in shuffled[kept:]},
        "utt2dur": {utt: "1.5" for utt in shuffled[known:]},
    }


def write_data_dir(path: Path, tables: dict[str, dict[str, str]]) -> None:
    path.mkdir(exist_ok=True)
    for name, table in tables.items():
        write_table(path / name, table.items())


def content(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}


@given(data_dirs())
@settings(max_examples=20)
def test_fix_makes_valid_and_is_idempotent(tables: dict[str, dict[str, str]]) -> None:
    with new_folder() as folder:
        write_data_dir(folder, tables)
        kept, total = datadir.fix(folder)
        assert (kept, total) == (len(tables["text"]), len(tables["utt2spk"]))
        datadir.validate(folder, feats=False)
        assert (folder / "utt2dur").exists() == (tables["text"].keys() <= tables["utt2dur"].keys())
        first = content(folder)
        datadir.fix(folder)
        assert content(folder) == first


@given(data_dirs(), st.integers(1, 4), st.booleans())
@settings(max_examples=20)
def test_parts_combine_to_the_whole(
    tables: dict[str, dict[str, str]], num_parts: int, per_utt: bool
) -> None:
    with new_folder() as folder:
        write_data_dir(folder, tables)
        datadir.fix(folder)
        whole = content(folder)
        num_units = len(set(read_table(folder / "utt2spk").values()))
        num_parts = min(num_parts, num_units)
        parts = datadir.split(folder, num_parts, per_utt=per_utt)
        datadir.combine(folder / "all", [parts / str(n + 1) for n in range(num_parts)])
        assert content(folder / "all") == whole


@given(data_dirs(), st.sampled_from(["", "-x", "_y"]), st.sampled_from(["", "p"]))
@settings(max_examples=25)
def test_copies_are_valid_and_keep_speakers(
    tables: dict[str, dict[str, str]], suffix: str, prefix: str
) -> None:
    with new_folder() as folder:
        write_data_dir(folder / "a", tables)
        datadir.fix(folder / "a")
        datadir.copy(folder / "a", folder / "b", Affixes(prefix, suffix, prefix, ""))
        datadir.validate(folder / "b", feats=False)
        renamed = {
            f"{prefix}{utt}{suffix}": f"{prefix}{spk}"
            for utt, spk in read_table(folder / "a" / "utt2spk").items()
        }
        assert read_table(folder / "b" / "utt2spk") == renamed
