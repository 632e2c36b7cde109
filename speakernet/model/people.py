"""A store of people: a folder with a file of embeddings for each, all of one model.

    people.json      the format, and the checksum of the model that the embeddings are of
    <name>.json      a person's recordings: file, seconds, embedding; without "/", "%", "."

Each file is written whole. Writers take turns (``.lock``), readers see the old or the new file.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import Field

from speakernet.arrays import Float32
from speakernet.config import Config, UserError
from speakernet.config.build import build
from speakernet.config.errors import suggestion
from speakernet.config.files import read_text
from speakernet.config.tree import to_tree
from speakernet.model.results import Embedding
from speakernet.work.files import open_for_replace, write_errors
from speakernet.work.temporary import target_of

C = TypeVar("C", bound=Config)

_STORE = "people.json"
_MOST_BYTES = 1 << 26  # of a person: a thousand recordings of ten crops take 40 MB
_MOST_BYTES_OF_A_NAME = 60  # dots become three bytes, and a folder takes 255 with what writing adds


class RecordingConfig(Config):
    """A recording of a person."""

    file: str
    duration_s: Annotated[float, Field(ge=0)]
    embedding: tuple[float, ...]


class PersonConfig(Config):
    """A person's file."""

    name: str
    recordings: Annotated[tuple[RecordingConfig, ...], Field(min_length=1)]


class StoreConfig(Config):
    """What a store says of itself; ``shape``: of an embedding."""

    format: Literal["speakernet people 1"] = "speakernet people 1"
    model: str
    shape: tuple[Annotated[int, Field(ge=1, le=1 << 16)], ...]


@dataclass(frozen=True, eq=False)
class Person:
    """A person and what their recordings gave: vectors (recordings, dim), or with crops."""

    name: str
    files: tuple[str, ...]
    durations_s: tuple[float, ...]
    vectors: Float32


class People:
    """The store in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check_model(self, identity: str) -> None:
        """Raise UserError unless the embeddings in the store are of this model."""
        if self._config().model != identity:
            raise UserError(
                f"{self.folder}: has embeddings of another model; expected a store that "
                "speakernet enroll has made with this one"
            )

    def _config(self) -> StoreConfig:
        path = self.folder / _STORE
        if not os.path.lexists(path):
            raise UserError(f"{self.folder}: has no {_STORE}; speakernet enroll makes a store")
        return _read(StoreConfig, path)

    def names(self) -> list[str]:
        """Return the names of all people, sorted."""
        return [person.name for person in self.people()]

    def people(self) -> list[Person]:
        """Return all people, sorted by name. Raises UserError for a file that is not theirs."""
        shape = self._config().shape
        paths = sorted(path for path in self.folder.glob("*.json") if path.name != _STORE)
        return sorted((_person(path, shape) for path in paths), key=lambda person: person.name)

    def check_new(self, name: str, identity: str) -> None:
        """Raise UserError where ``add`` would: to be asked before recordings are embedded."""
        _check_name(name)
        if os.path.lexists(self.folder / _STORE):
            self.check_model(identity)

    def add(self, name: str, embeddings: Sequence[Embedding], identity: str) -> int:
        """Add recordings to a person, who and whose store may be new; return how many there are.

        A file that was added before replaces its embedding. Raises UserError for a name that is
        none, and where the store is of another model.
        """
        _check_name(name)
        with write_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            self._begin(embeddings[0].vector.shape, identity)
            path = self._path(name)
            known = _read(PersonConfig, path).recordings if os.path.lexists(path) else ()
            files: Mapping[str, RecordingConfig] = {each.file: each for each in known}
            files = {**files, **{each.name: _recording(each) for each in embeddings}}
            _write(path, PersonConfig(name=name, recordings=tuple(files.values())))
        return len(files)

    def _begin(self, shape: tuple[int, ...], identity: str) -> None:
        if os.path.lexists(self.folder / _STORE):
            self.check_model(identity)
            return
        names = (target_of(Path(name)).name for name in os.listdir(self.folder))
        others = [name for name in names if name not in (".lock", _STORE)]  # a killed writer's
        if others:
            raise UserError(
                f"{self.folder}: has no {_STORE}, but '{min(others)}'; expected a store"
            )
        _write(self.folder / _STORE, StoreConfig(model=identity, shape=shape))

    def remove(self, name: str) -> None:
        """Remove a person. Raises UserError for one who is not there."""
        self._config()
        path = self._path(name)
        with self._lock(), write_errors(self.folder):
            if os.path.lexists(path):
                path.unlink()
                return
        hint = suggestion(name, self.names())
        raise UserError(f"{self.folder}: has nobody called '{name}'{hint}")

    def _path(self, name: str) -> Path:
        # A leading dot would hide a file, and "people" is the store's own.
        encoded = re.sub("[/%.]", lambda found: f"%{ord(found[0]):02X}", name)
        return self.folder / f"{encoded if encoded != 'people' else '%70eople'}.json"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        path = self.folder / ".lock"
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UserError(f"{path}: is no file of a store; remove it")
        with write_errors(self.folder), open(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _check_name(name: str) -> None:
    size = len(name.encode(errors="replace"))
    if not name.strip() or not name.isprintable() or name != name.strip():
        raise UserError(f"'{name}': expected a name of letters that one can see")
    if size > _MOST_BYTES_OF_A_NAME:
        raise UserError(
            f"'{name[:40]}…': has {size} bytes; a name has {_MOST_BYTES_OF_A_NAME} at most"
        )


def _read(cls: type[C], path: Path) -> C:
    try:
        values = json.loads(read_text(path, _MOST_BYTES))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise UserError(f"{path}: is no file of a store of people")
    return build(cls, to_tree(values, str(path)), str(path))


def _person(path: Path, shape: tuple[int, ...]) -> Person:
    found = _read(PersonConfig, path)
    _check_name(found.name)
    try:
        vectors = np.array([each.embedding for each in found.recordings], np.float32)
        vectors = vectors.reshape(len(found.recordings), *shape)
    except ValueError:
        raise UserError(f"{path}: has embeddings of another length than {_STORE} says") from None
    if not np.isfinite(vectors).all() or not vectors.any(axis=-1).all():
        raise UserError(f"{path}: has an embedding that is zero or not finite")
    files = tuple(each.file for each in found.recordings)
    return Person(found.name, files, tuple(each.duration_s for each in found.recordings), vectors)


def _recording(embedding: Embedding) -> RecordingConfig:
    values = tuple(embedding.vector.ravel().tolist())
    return RecordingConfig(
        file=embedding.name, duration_s=round(embedding.duration_s, 4), embedding=values
    )


def _write(path: Path, config: Config) -> None:
    with open_for_replace(path) as file:
        file.write((json.dumps(config.model_dump(mode="json")) + "\n").encode())
