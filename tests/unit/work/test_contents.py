"""What identifies an input: content, wherever it lies."""

import os
import shutil
from pathlib import Path

import pytest

from speakernet.work.contents import content_of, content_of_place, digest_without_paths
from tests.unit.work.small_products import write

pytestmark = pytest.mark.usefixtures("here")


def content(path: str) -> dict[str, str]:
    return content_of(Path(path), Path("beside"))


def write_set(folder: Path, audio: Path) -> None:
    names = ("u", "v")
    for name in names:
        write(audio / f"{name}.wav", name)
    write(folder / "wav.scp", "".join(f"{name} {audio}/{name}.wav\n" for name in names))
    write(folder / "utt2spk", "u s\nv s\n")


def test_a_set_is_its_tables_and_its_recordings(here: Path) -> None:
    write_set(here / "set", here / "corpus")
    before = content("set")
    assert before.keys() == {"utt2spk", "wav.scp", "audio"}
    os.utime("corpus/u.wav", (1, 1))
    assert content("set") == before
    write("corpus/u.wav", "w")
    assert [key for key in before if content("set")[key] != before[key]] == ["audio"]
    write("corpus/u.wav", "u")
    write("set/notes")
    assert content("set") == before


def test_a_set_of_a_corpus_that_lies_elsewhere_is_the_same(here: Path) -> None:
    write_set(here / "set", here / "corpus")
    before = content("set")
    shutil.rmtree("corpus")
    write_set(here / "set", here / "other disk/corpus")
    assert content("set") == before
    shutil.move("other disk/corpus/v.wav", "v")
    assert content("set") != before  # one cannot be read
    write("other disk/corpus/v.wav", "v")
    assert content("set") == before


def test_features_are_not_their_recordings(here: Path) -> None:
    write_set(here / "set", here / "corpus")
    write("set/feats.scp", "u x.ark:1\n")
    before = content("set")
    shutil.rmtree("corpus")
    assert content("set") == before


def test_a_model_that_was_not_made_here_is_its_weights() -> None:
    write("checkpoints/final.pt", "1")
    before = content("checkpoints")
    write("checkpoints/.done", "{")
    write("checkpoints/epoch-001.pt")
    assert content("checkpoints") == before
    write("checkpoints/final.pt", "2")
    assert content("checkpoints") != before


def test_comments_of_options_are_no_content() -> None:
    write("a.conf", "--num-mel-bins=80\n# slow\n")
    before = content("a.conf")
    write("a.conf", "\n# fast\n  --num-mel-bins=80  # bins\n")
    assert content("a.conf") == before
    write("a.conf", "--num-mel-bins=40\n")
    assert content("a.conf") != before


def test_a_place_is_its_lists() -> None:
    write("corpus/veri_test.txt", "1 a b")
    write("corpus/wav/u.wav")
    before = content_of_place(Path("corpus"))
    assert before.keys() == {"veri_test.txt"}
    write("corpus/wav/v.wav")
    assert content_of_place(Path("corpus")) == before
    write("corpus/veri_test.txt", "0 a b")
    assert content_of_place(Path("corpus")) != before


@pytest.mark.parametrize(
    "text",
    ["u {0}/x.wav\n", "u sox {0}/x.wav -t wav - |\n", "u a --b='{0}/x,{0}/y' \"{0}/z\" |\n"],
)
def test_digests_without_paths(text: str) -> None:
    digests = set()
    for folder in ("/disk1", "/mnt/a b", "/mnt"):
        write("wav.scp", text.format(folder))
        digests.add(digest_without_paths(Path("wav.scp"), {"corpus": folder, "none": "relative"}))
    assert len(digests) == 1
    write("wav.scp", text.format("/not/mnt"))
    assert digest_without_paths(Path("wav.scp"), {"corpus": "/mnt"}) not in digests
