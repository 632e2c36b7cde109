"""Files that claim to be checkpoints."""

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from speakernet.config import UserError
from speakernet.nn.serialize import read_checkpoint, save_model
from speakernet.nn.tensor_files import load_tensors

pytestmark = pytest.mark.usefixtures("little_memory")


def records_of(value: object) -> dict[str, bytes]:
    content = io.BytesIO()
    torch.save(value, content)
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_zip(path: Path, records: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in records.items():
            archive.writestr(name, data)
    return path


def test_what_torch_saves_is_read(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    saved: dict[str, Any] = {
        "a": shared[:4],
        "b": shared[2:],
        "n": 3,
        "t": ["x"],
        "h": torch.ones(2).half(),
    }
    torch.save(saved, tmp_path / "x.pt")
    found = load_tensors(tmp_path / "x.pt")
    assert torch.equal(found["a"], saved["a"]) and torch.equal(found["b"], saved["b"])
    assert found["a"].untyped_storage().data_ptr() == found["b"].untyped_storage().data_ptr()
    records = records_of({"x": torch.ones(3)})
    assert torch.equal(load_tensors(write_zip(tmp_path / "y.pt", records))["x"], torch.ones(3))


def test_a_small_file_with_a_large_record(tmp_path: Path) -> None:
    records = {**records_of({"x": torch.ones(3)}), "archive/data/0": bytes(1 << 28)}
    path = write_zip(tmp_path / "x.pt", records, zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match=r"x\.pt: is damaged.* is compressed"):
        load_tensors(path)


def test_a_tensor_that_claims_more_than_its_record(tmp_path: Path) -> None:
    records = records_of({"x": torch.ones(200), "y": torch.ones(1 << 20)})
    short = {**records, "archive/data/1": bytes(800)}
    with pytest.raises(UserError, match="data/1 is missing or shorter than 4194304 bytes"):
        load_tensors(write_zip(tmp_path / "x.pt", short))
    del short["archive/data/0"]
    with pytest.raises(UserError, match="data/0 is missing"):
        load_tensors(write_zip(tmp_path / "x.pt", short))


class Payload:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize(
    "description",
    [
        pickle.dumps(Payload()),
        b"\x80\x05\x96" + b"\xff" * 6 + b"\x00\x00.",  # an array of 2^48 bytes
        b"\x80\x02]" + b"]a" * 10 + b"Q.",  # a reference to no storage
        b"(((((",
        b"",
    ],
)
def test_descriptions_that_do_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, description: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    records = {**records_of({"x": torch.ones(3)}), "archive/data.pkl": description}
    with pytest.raises(UserError, match=r"^x\.pt: is damaged, or not a checkpoint"):
        load_tensors(write_zip(Path("x.pt"), records))
    assert not Path("ran").exists()


def test_a_large_number_in_a_description_takes_no_memory(tmp_path: Path) -> None:
    description = b"\x80\x02Nr\xff\xff\xff\x7f."  # the memo's entry of that number
    records = {**records_of({"x": torch.ones(3)}), "archive/data.pkl": description}
    assert load_tensors(write_zip(tmp_path / "x.pt", records)) is None


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (pickle.dumps(3), "Python pickle"),
        (b"", "empty"),
        (b"PK\3\4" + bytes(99), "not a zip"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(UserError, match=f"not a checkpoint.*{name}"):
        load_tensors(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model", {}),
        ("model", {"w": "text"}),
        ("model", {"w": torch.ones(1).expand(1 << 40)}),
        ("loss", [1]),
        ("recipe", 5),
        ("input_dim", "80"),
        ("input_dim", -1),
        ("num_speakers", 2.5),
        ("step", True),
        ("speakers", "abc"),
        ("speakers", [1]),
        ("rng", {}),
        ("optimizer", None),
    ],
)
def test_fields_of_other_types_are_named(tmp_path: Path, key: str, value: object) -> None:
    save_model(tmp_path / "x.pt", {"model": {"w": torch.ones(1)}, key: value})
    with pytest.raises(UserError, match=rf"x\.pt: is not a checkpoint: '{key}' (is a|has) "):
        read_checkpoint(tmp_path / "x.pt")
