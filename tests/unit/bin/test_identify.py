"""speakernet enroll, identify, list-people, remove-person and compare, as a user calls them."""

import json
import shutil
from pathlib import Path

import pytest

from speakernet.bin import compare, enroll, identify, list_people, remove_person
from speakernet.config import UserError


def test_from_recordings_to_names(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, package, data = str(tmp_path / "store"), str(made / "package"), made / "data"
    for name, speaker in (("Anna", 0), ("Bodo Ü.", 2), ("Cem", 4)):
        enroll.main([store, package, name, *(str(data / f"s{speaker}-{n}.wav") for n in (1, 2))])
    assert list_people.main([store]) == 0
    assert capsys.readouterr().out == "Anna\t2\t1.6\nBodo Ü.\t2\t1.6\nCem\t2\t1.6\n"
    one = [str(data / "s2-1.wav"), "--json", "true", "--top", "2", "--prior", "0.9"]
    status = identify.main([store, package, *one])
    answer = json.loads(capsys.readouterr().out)
    assert answer["candidates"][0]["name"] == "Bodo Ü." and len(answer["candidates"]) == 2
    assert status == (answer["name"] is None)
    assert identify.main([store, package, str(data / "s6-3.wav"), "--threshold", "1000"]) == 1
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields[:2] == [str(data / "s6-3.wav"), "-"] and len(fields) == 7
    remove_person.main([store, "Anna"])
    list_people.main([store, "--json", "true"])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["Bodo Ü.", "Cem"]


def test_a_bad_recording_adds_nobody(made: Path, tmp_path: Path) -> None:
    store, package, good = str(tmp_path / "store"), str(made / "package"), made / "data/s1-3.wav"
    with pytest.raises(UserError, match="1 of 2 recordings have no embedding, the first: nowhere"):
        enroll.main([store, package, "Anna", str(good), "nowhere.wav"])
    assert not (tmp_path / "store").exists()


def test_all_pairs_of_a_folder(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("s0-2", "s0-3"):
        shutil.copy(made / "data" / f"{name}.wav", tmp_path)
    shutil.copy(made / "data" / "s5-3.wav", tmp_path / "a\tb\nc.wav")
    package = str(made / "package")
    assert compare.main([package, str(tmp_path)]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [len(row) for row in rows] == [6, 6, 6]
    assert str(tmp_path / "a\\tb\\nc.wav") in rows[1][:2]
    assert {Path(name).name for name in rows[0][:2]} == {"s0-2.wav", "s0-3.wav"}
    (tmp_path / "notes.txt").write_text("no audio")
    with pytest.raises(UserError, match=r"1 of 4 recordings .*notes\.txt"):
        compare.main([package, str(tmp_path), "--top", "1", "--json", "true"])
    assert json.loads(capsys.readouterr().out)["llr"] == pytest.approx(float(rows[0][2]), abs=1e-3)
