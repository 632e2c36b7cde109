"""A packaged model in memory: embeddings of recordings, and comparisons of them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from pathlib import Path

import numpy as np
import torch

from speakernet.arrays import Float32
from speakernet.backend.embedding_jobs import choose_device, round_as_cpus_do
from speakernet.config import UserError
from speakernet.model.comparing import Comparer
from speakernet.model.description import llr_threshold
from speakernet.model.embedding_runs import Check, EmbeddingRun, RecordingSource
from speakernet.model.front_end import FrontEnd, Recording
from speakernet.model.identifying import Identification, identify
from speakernet.model.package import Package, read_package
from speakernet.model.people import People, Person
from speakernet.model.results import Embedding, Unreadable, Verification
from speakernet.nn.models import SpeakerModel as Network
from speakernet.work.cores import num_cores

_MOST_READERS = 8


class PackagedModel:
    """A packaged model; ``load_model`` makes one.

    description: what it is. network: in eval mode, on ``device``. front_end: from recordings to the
    network's input.
    """

    def __init__(self, package: Package, device: torch.device | str = "cpu") -> None:
        self.description = package.description
        self.device = torch.device(device)
        if self.device.type != "cpu":
            round_as_cpus_do()
        self.network: Network = package.network.to(self.device)
        self.front_end = FrontEnd(self.description.front_end)
        self.comparer = Comparer(self.description, package.cohort, package.mean)

    @property
    def dim(self) -> int:
        """The length of an embedding."""
        return self.description.embedding_dim

    def embed(
        self, recording: Recording, rate: int | None = None, *, check: Check = "refuse"
    ) -> Float32:
        """Return the embedding (dim,) of a file, or of samples at ``rate`` Hz.

        Samples are (samples,) or (samples, channels), float in [-1, 1], int16 or int32. (crops,
        dim) where the model compares crops. Raises UserError for what cannot be read, what is
        shorter than a frame, and what ``check`` refuses.
        """
        source = RecordingSource(_name_of(recording, "samples"), recording, rate)
        return self.embed_source(source, check=check).vector

    def embed_source(self, source: RecordingSource, *, check: Check = "refuse") -> Embedding:
        """Do what ``embed`` does, and say what is known of the recording."""
        found = next(self.embed_sources([source], num_readers=0, check=check))
        if isinstance(found, Unreadable):
            raise UserError(found.reason)
        return found

    def embed_many(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        num_readers: int | None = None,
        check: Check = "warn",
    ) -> Iterator[Embedding | Unreadable]:
        """Yield the embedding of each file, or why it has none, without keeping them in memory.

        Threads read ahead (default: as many as there are cores, up to 8). On a GPU recordings go
        through the network in batches of equal lengths, and may come in another order.
        """
        if isinstance(paths, str | bytes | os.PathLike):
            raise UserError(f"embed_many({paths!r}): expected several paths, as a list")
        sources = (RecordingSource(_name_of(path, "samples"), path) for path in paths)
        return self.embed_sources(sources, num_readers=num_readers, check=check)

    def embed_sources(
        self,
        sources: Iterable[RecordingSource],
        *,
        num_readers: int | None = None,
        check: Check = "warn",
    ) -> Iterator[Embedding | Unreadable]:
        """Do what ``embed_many`` does with any recordings."""
        if num_readers is not None and num_readers < 0:
            raise UserError(f"num_readers={num_readers}: expected 0 or more")
        run = EmbeddingRun(self.network, self.description.extraction, self.front_end, check)
        return run(sources, _num_readers() if num_readers is None else num_readers)

    def verify(
        self,
        one: Recording,
        other: Recording,
        *,
        prior: float = 0.5,
        rate: int | None = None,
        check: Check = "refuse",
    ) -> Verification:
        """Tell whether two recordings are of one speaker.

        prior: probability that they are, before listening; rate: of both, where they are samples,
        in Hz. Raises UserError as ``embed`` does.
        """
        _check_prior(prior)  # before anything is read
        pair = [
            self.embed_source(RecordingSource(_name_of(each, place), each, rate), check=check)
            for place, each in (("first", one), ("second", other))
        ]
        return self.compare(*pair, prior=prior)

    def compare(self, one: Embedding, other: Embedding, *, prior: float = 0.5) -> Verification:
        """Do what ``verify`` does with embeddings."""
        _check_prior(prior)
        voices = self.comparer.prepare(np.stack([one.vector, other.vector]))
        score, normalized, llr = self.comparer.compare(voices[:1], voices[1:]).of(0, 0)
        same = None if llr is None else llr >= llr_threshold(prior)
        notes = tuple(f"{each.name}: {note}" for each in (one, other) for note in each.notes)
        return Verification(score, normalized, llr, same, prior, notes)

    def open_people(self, store: str | os.PathLike[str]) -> list[Person]:
        """Return the people of a store. Raises UserError if it is another model's."""
        people = People(Path(store))
        people.check_model(self.description.identity)
        return people.people()

    def identify(
        self,
        recording: Recording,
        people: Sequence[Person],
        *,
        prior: float = 0.5,
        rate: int | None = None,
        check: Check = "refuse",
    ) -> Identification:
        """Tell who of ``people`` speaks, or nobody of them; see ``identifying.identify``.

        prior: probability that it is one of them, before listening. Raises UserError as ``embed``
        does, and as ``identifying.identify`` does.
        """
        source = RecordingSource(_name_of(recording, "samples"), recording, rate)
        return self.recognize(self.embed_source(source, check=check), people, prior=prior)

    def recognize(
        self,
        embedding: Embedding,
        people: Sequence[Person],
        *,
        prior: float = 0.5,
        threshold: float | None = None,
    ) -> Identification:
        """Do what ``identify`` does with an embedding."""
        _check_prior(prior)
        return identify(self.comparer, embedding, people, prior=prior, threshold=threshold)


def _check_prior(prior: object) -> None:
    if not isinstance(prior, Real) or not 0 < float(prior) < 1:
        raise UserError(f"prior={prior}: expected a probability above 0 and below 1")


def _name_of(recording: object, place: str) -> str:
    if isinstance(recording, np.ndarray):
        return place
    if not isinstance(recording, str | bytes | os.PathLike):
        kind = type(recording).__name__
        raise UserError(f"{place}: found a {kind}; expected a path, or samples as a NumPy array")
    return os.fsdecode(recording)


def _num_readers() -> int:
    return min(num_cores(), _MOST_READERS)


def load_model(path: str | os.PathLike[str], *, device: str = "cpu") -> PackagedModel:
    """Return the packaged model in the folder ``path``, on a device of torch.

    No file of it can make code run: sizes, checksums, shapes and types of all are compared first.
    Raises UserError for a folder that is no package, or is damaged, and for a device that is not
    there.
    """
    return PackagedModel(read_package(Path(path)), choose_device(device))
