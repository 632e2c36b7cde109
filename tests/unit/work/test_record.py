"""Records of finished work: believed only where the files are as they were written."""

import json
import os
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.record import (
    digest_of_file,
    digest_of_text,
    present_digest,
    read_part_record,
    read_record,
    valid_record,
    write_record,
)

MADE_FROM = {"settings": {"dim": 80, "low": 20.0}, "tables": ["a", "b"]}


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """The record of two files."""
    with open_for_replace(tmp_path / "x.ark") as ark, open_for_replace(tmp_path / "x.scp") as scp:
        ark.write(b"0123456789")
        scp.write(b"a x.ark:0\n")
    write_record(tmp_path / "x.json", MADE_FROM, [ark, scp], {"failed": {}})
    return tmp_path / "x.json"


def test_a_whole_product_is_finished(product: Path) -> None:
    record = valid_record(product, MADE_FROM)
    assert record is not None
    assert record.facts == {"failed": {}}
    assert sorted(record.files) == ["x.ark", "x.scp"]
    assert record == read_part_record(product) == read_record(product)


def test_other_settings_are_other_work(product: Path) -> None:
    assert valid_record(product, {**MADE_FROM, "tables": ["a"]}) is None


@pytest.mark.parametrize("name", ["x.ark", "x.scp"])
@pytest.mark.parametrize("damage", ["removed", "cut", "zeros", "replaced"])
def test_a_damaged_file_is_noticed(product: Path, name: str, damage: str) -> None:
    path = product.with_name(name)
    size = path.stat().st_size
    if damage == "removed":
        path.unlink()
    elif damage == "cut":
        os.truncate(path, size - 1)
    elif damage == "zeros":  # the same size: what a copy that truncated the file left
        path.write_bytes(bytes(size))
    else:
        other = path.with_name("other")
        other.write_bytes(b"9" * size)
        other.rename(path)
    assert valid_record(product, MADE_FROM) is None
    with pytest.raises(UserError, match=f"{name} (is missing|was changed after)"):
        read_part_record(product)


def test_another_time_with_the_same_content_is_no_damage(product: Path) -> None:
    os.utime(product.with_name("x.ark"), (1, 1))
    assert valid_record(product, MADE_FROM) is not None
    copy = product.parent / "copy"
    copy.mkdir()
    for name in ("x.ark", "x.scp", "x.json"):
        (copy / name).write_bytes(product.with_name(name).read_bytes())
    assert valid_record(copy / "x.json", MADE_FROM) is not None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 1}', '{"format": "speakernet record 1"}', "\0"]
)
def test_what_is_no_record_is_none(product: Path, text: str) -> None:
    product.write_text(text)
    assert read_record(product) is None
    assert valid_record(product, MADE_FROM) is None
    with pytest.raises(UserError, match="its job did not finish"):
        read_part_record(product)


@pytest.mark.parametrize("files", [{"x.ark": [1]}, {"x.ark": ["a", 1, "b"]}, {"x.ark": None}, [1]])
def test_a_record_of_another_shape_is_none(product: Path, files: object) -> None:
    content = json.loads(product.read_text())
    product.write_text(json.dumps({**content, "files": files}))
    assert read_record(product) is None


@pytest.mark.parametrize("facts", [{"failed": []}, {"folders": "x"}, {"identity": 3}, {"notes": 1}])
def test_a_record_with_other_facts_is_none(product: Path, facts: object) -> None:
    content = json.loads(product.read_text())
    product.write_text(json.dumps({**content, "facts": facts}))
    assert read_record(product) is None


def test_a_file_is_read_for_its_digest_only_if_its_size_or_time_differs(product: Path) -> None:
    record = read_part_record(product)
    ark, checksum = product.with_name("x.ark"), record.files["x.ark"]
    ark.write_bytes(b"9876543210")
    assert present_digest(ark, checksum) == digest_of_file(ark) != checksum.digest
    os.utime(ark, ns=(checksum.mtime_ns, checksum.mtime_ns))
    assert present_digest(ark, checksum) == checksum.digest
    ark.write_bytes(b"longer than before")
    assert present_digest(ark, checksum) == digest_of_file(ark)


def test_digests_of_texts_know_where_one_ends() -> None:
    assert digest_of_text(["ab", "c"]) != digest_of_text(["a", "bc"])
    assert digest_of_text(["é"]) == digest_of_text(iter(["é"]))


@pytest.mark.parametrize("kind", ["pipe", "device", "nothing"])
def test_only_files_have_digests(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(UserError, match=rf"input: (found a {kind}; expected a file|no such file)"):
        digest_of_file(path)
