"""Stores of people: of one model, with names of all kinds, and written by several at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.model.people import People
from speakernet.model.results import Embedding


def embeddings(number: int, count: int = 1) -> list[Embedding]:
    rng = np.random.default_rng(number)
    vectors = rng.standard_normal((count, 5)).astype(np.float32)
    return [Embedding(f"{number}-{i}.wav", v, 2.5) for i, v in enumerate(vectors)]


NAMES = [
    "Ada Lovelace",
    "../../etc/passwd",
    "people",
    ".lock",
    "ü" * 30,
    "$(touch x)|",
    "a%2Fb",
    "-n",
    "." * 60,
]


def test_gives_back_what_was_added(tmp_path: Path) -> None:
    store = People(tmp_path / "store")
    for number, name in enumerate(NAMES):
        assert store.add(name, embeddings(number, 2), "m") == 2
    assert sorted(store.names()) == sorted(NAMES)
    assert not [path for path in tmp_path.rglob("*") if path.is_dir() and path != store.folder]
    for person in store.people():
        number = NAMES.index(person.name)
        np.testing.assert_array_equal(
            person.vectors, np.stack([e.vector for e in embeddings(number, 2)])
        )
    assert store.add(NAMES[0], embeddings(0, 3), "m") == 3  # two of them again
    for name in NAMES[1:]:
        store.remove(name)
    assert store.names() == NAMES[:1]


def test_what_a_killed_writer_left_stops_nobody(tmp_path: Path) -> None:
    for name in ("people.json.host-1-0.tmp", ".lock"):
        (tmp_path / name).write_text("")
    store = People(tmp_path)
    store.add("a", embeddings(0), "m")
    store.add("b", embeddings(1), "m")
    (tmp_path / "b.json").write_text("{")
    store.remove("a")
    store.remove("b")  # who cannot be read
    assert store.names() == []


def test_keeps_to_one_model(tmp_path: Path) -> None:
    store = People(tmp_path)
    store.add("one", embeddings(0), "this model")
    with pytest.raises(UserError, match="embeddings of another model"):
        store.add("two", embeddings(1), "other model")
    with pytest.raises(UserError, match="embeddings of another model"):
        store.check_new("two", "other model")
    with pytest.raises(UserError, match=r"has nobody called 'onee' \(did you mean 'one'\?\)"):
        store.remove("onee")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\u200bb", " a", "x" * 61, "\udcff"])
def test_refuses_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="a name"):
        People(tmp_path).add(name, embeddings(0), "m")


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    store = People(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(store.add, f"p{n % 3}", embeddings(n), "m") for n in range(24)]
    assert not [job.exception() for job in jobs if job.exception()]
    assert {p.name: len(p.files) for p in store.people()} == {"p0": 8, "p1": 8, "p2": 8}


def test_refuses_what_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UserError, match=r"no people\.json, but 'thesis\.tex'"):
        People(tmp_path).add("a", embeddings(0), "m")
    with pytest.raises(UserError, match="speakernet enroll makes a store"):
        People(tmp_path).people()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"recordings": []}, "recordings"),
        ({"recordings": [{"file": "a", "duration_s": 1.0, "embedding": [1.0, 2.0]}]}, "length"),
        ({"recordings": [{"file": "a", "duration_s": 1.0, "embedding": [0.0] * 5}]}, "is zero"),
        ({"name": "a\tb"}, "a name of letters"),
        ({"more": 1}, "unknown key 'more'"),
    ],
)
def test_refuses_damaged_people(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    store = People(tmp_path)
    store.add("a", embeddings(0), "m")
    path = tmp_path / "a.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=problem):
        store.people()


def test_a_lock_that_is_a_link_is_no_lock(tmp_path: Path) -> None:
    store = tmp_path / "people"
    store.mkdir()
    (store / ".lock").symlink_to("/dev/zero")
    with pytest.raises(UserError, match=r"\.lock: is no file of a store; remove it"):
        People(store).add("Ada", [], "model")
