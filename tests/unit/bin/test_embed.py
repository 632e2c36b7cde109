"""speakernet embed: files and tables in; NumPy, Kaldi and JSON out; a count of what failed."""

import json
import shutil
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.embeddings import load_embeddings
from speakernet.bin import embed
from speakernet.bin.options.program import status_of
from speakernet.config import UserError
from speakernet.kaldi.tables import write_table


def test_formats_hold_the_same(
    made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    package, data = str(made / "package"), str(made / "data")
    words = [package, "--check", "off"]
    embed.main([*words, "--data-dir", data, "--save", str(tmp_path / "a.npz")])
    embed.main([*words, "--scp", f"{data}/wav.scp", "--save", str(tmp_path / "a.ark")])
    capfd.readouterr()
    embed.main([*words, "--data-dir", data])
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    expected = load_embeddings(made / "exp" / "embeddings_cohort")
    npz = np.load(tmp_path / "a.npz")
    assert npz["names"].tolist() == [line["name"] for line in lines] == list(expected.rows)
    assert npz["embeddings"].dtype == np.float32
    np.testing.assert_allclose(npz["embeddings"], expected.vectors, atol=1e-5)
    np.testing.assert_allclose([line["embedding"] for line in lines], npz["embeddings"], atol=1e-6)
    table = load_embeddings(tmp_path / "a.scp")
    np.testing.assert_array_equal(table.vectors, npz["embeddings"])
    assert lines[0]["duration_s"] == 0.5


def test_names_from_standard_input(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "an odd $(name)|.wav"
    shutil.copy(made / "data" / "s0-3.wav", odd)
    names = f"{odd}\n\n{made}/data/s1-3.wav\n".encode()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(names)))
    embed.main([str(made / "package"), "-", "--save", str(tmp_path / "a.npz")])
    found = np.load(tmp_path / "a.npz")["names"].tolist()
    assert found == [str(odd), f"{made}/data/s1-3.wav"]
    with pytest.raises(UserError, match="empty or with white space; expected npz or jsonl"):
        embed.main([str(made / "no package"), str(odd), "--save", str(tmp_path / "a.ark")])


def test_unreadable_files_are_counted_and_the_others_kept(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.flac").write_bytes(b"fLaC" + bytes(40))
    output, good = tmp_path / "a.jsonl", str(made / "data" / "s2-3.wav")
    words = [str(made / "package"), str(tmp_path / "broken.flac"), good, "--save", str(output)]
    with pytest.raises(UserError, match="1 of 2 recordings have no embedding, the first: ") as left:
        embed.main(words)
    assert status_of(left.value) == 1
    assert f"left out: {tmp_path / 'broken.flac'}" in caplog.text
    (line,) = output.read_text().splitlines()
    assert json.loads(line)["name"] == good


def test_refuses_what_makes_no_sense(made: Path, tmp_path: Path) -> None:
    package, wav = str(made / "package"), str(made / "data" / "s2-3.wav")
    for words, problem in (
        ([package], "there are no recordings"),
        ([package, wav, "--save", "x.wav"], "does not say the format"),
        ([package, wav, "--embedding-format", "npz"], "expected --save"),
        ([str(tmp_path), wav], r"has no model\.json"),
        ([package, wav, wav, "--save", str(tmp_path / "a.ark")], "is there twice"),
        ([package, wav, "--save", str(tmp_path / "none" / "a.npz")], "No such file"),
    ):
        with pytest.raises(UserError, match=problem):
            embed.main(words)
    write_table(tmp_path / "wav.scp", [("a", "/nowhere.wav")])
    with pytest.raises(UserError, match=r"wav\.scp:1: utterance 'a': /nowhere"):
        embed.main([package, "--scp", str(tmp_path / "wav.scp")])
