"""Writing copies of a data dir under new ids and with new ``wav.scp`` entries."""

import heapq
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.kaldi.copies import Naming, copy_tables, write_sorted_table
from speakernet.kaldi.tables import iter_ids, iter_table
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)


def write_copy(
    source: Path,
    target: Path,
    entries: Iterable[tuple[str, str]],
    naming: Naming,
    *,
    num_utterances: int = 0,
    seed: int = 0,
) -> None:
    """Write ``target`` (whole or not at all): ``wav.scp`` from ``entries``, other tables renamed.

    ``num_utterances`` greater than 0 keeps that many, chosen at random by ``seed`` and id.
    Everything but ``spk2utt`` is written.
    """
    subset = _choose(source, num_utterances, seed) if num_utterances else None
    keep = (lambda name: name in subset) if subset is not None else (lambda name: True)
    rows = ((naming.utterance(name), entry) for name, entry in entries if keep(name))
    with folder_for_replace(target) as folder:
        write_sorted_table(folder / "wav.scp", rows)
        copy_tables(source, folder, naming, keep)
    logger.info("%s: written from %s", target, source)


def _choose(source: Path, number: int, seed: int) -> set[str]:
    if (source / "segments").exists():
        raise UserError(f"{source}: a random subset of a data dir with segments is not supported")

    def rank(name: bytes) -> bytes:
        return blake2b(name, digest_size=8, key=str(seed).encode()).digest()

    chosen = heapq.nsmallest(number, iter_ids(source / "wav.scp"), key=rank)
    if len(chosen) < number:
        raise UserError(f"{source}: found {len(chosen)} utterances; expected at least {number}")
    return {name.decode() for name in chosen}


def merge_copies(parts: Sequence[Path], target: Path) -> None:
    """Join copies made by ``write_copy``, each sorted and with its own ids; removes them."""
    names = sorted(path.name for path in parts[0].iterdir())
    with folder_for_replace(target) as folder:
        for name in names:
            tables = [iter_table(part / name) for part in parts]
            write_sorted_table(folder / name, _merged(tables))
    for part in parts:
        shutil.rmtree(part)


def _merged(tables: Sequence[Iterator[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    previous = ""
    for key, value in heapq.merge(*tables):
        # Copies that keep their speakers agree on tables by speaker.
        if key != previous:
            yield key, value
        previous = key
