"""How large VoxCeleb's sets will be, and what prepare.sh would stop at; nothing is made.

Usage: python local/voxceleb/estimate_voxceleb.py --data-root DIR --needs "NAME ..." DATA
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from make_data_dirs import TEST_SET, check_size, no_part
from noise_archives import bytes_to_unpack
from trees import find_trees, list_trees
from trial_lists import LISTS, check_known, check_needs, find_lists, read_list
from unpack_archives import contents, find_archives, place_of
from vox_parts import NOISES, SETS, read_vox2_parts
from voxsrc_audio import list_voxsrc
from zip_directory import Entry
from zip_parts import is_there

from speakernet.bin.cli import run
from speakernet.config import UserError

# Of an utterance: hours by the papers' tables, or by docs/performance.md, by utterances.
_MEAN_SECONDS = {"voxceleb1": 352 * 3600 / 153516, "voxceleb2": 2360 * 3600 / 1092009}


@dataclass
class _Corpus:
    """What is there: of each part that can be read, its recordings' ids with their ``wav.scp``
    entries, or nothing while they are in an archive; bytes to write by folder; problems.
    """

    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    writes: Counter[Path] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Take down what is found wrong within."""
        try:
            yield
        except UserError as error:
            self.problems.append(" ".join(str(error).split()))

    def has(self, name: str) -> bool:
        """Return whether all parts of a set could be read."""
        return all(part in self.parts for part in SETS[name].parts)

    def recordings(self, name: str) -> dict[str, str]:
        """Return the recordings of a set."""
        return {utt: e for part in SETS[name].parts for utt, e in self.parts[part].items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Print lines as speakernet/prepare/corpus_estimate.py reads them."""
    arguments = _parse(argv)
    check_needs(arguments.needs)
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)  # prepare.sh says it all
    try:
        lines = list(_lines(arguments))
    finally:
        logging.disable(disabled)
    for line in lines:
        print(*line, sep="\t")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--needs", type=str.split, default=[], help="as prepare.sh has it")
    parser.add_argument("--nj", type=int, default=8, help="threads that list folders")
    for name in ("--partial", "--drop-trials", "--delete-archives"):
        parser.add_argument(name, type=lambda word: word == "true", default=False, metavar="BOOL")
    parser.add_argument("data", type=Path, help="parent of the data dirs")
    return parser.parse_args(argv)


def _lines(arguments: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    corpus = _Corpus()
    sets = [name for name in arguments.needs if name in SETS]
    _read_parts(corpus, {part for name in sets for part in SETS[name].parts}, arguments)
    for name in filter(corpus.has, sets):
        yield from _set_lines(corpus, name, partial=arguments.partial)
    for name in arguments.needs:
        with corpus.noted():
            if name in LISTS:
                _check_list(corpus, name, arguments)
            elif name in NOISES:
                corpus.writes[arguments.data_root] += bytes_to_unpack(name, arguments.data_root)
    yield from (("write", folder, size) for folder, size in corpus.writes.items() if size)
    yield from (("problem", text) for text in corpus.problems)


def _read_parts(corpus: _Corpus, parts: Collection[str], arguments: argparse.Namespace) -> None:
    archives = find_archives(arguments.data_root)
    trees = find_trees(arguments.data_root, read_vox2_parts(arguments.data_root))
    for part in sorted(parts):
        of_part = [archive for archive in archives if archive.part == part]
        with corpus.noted():
            if not of_part and part not in trees and not arguments.partial:
                raise no_part(arguments.data_root, part)
            known = trees.get(part, [])
            found = {u.utt: u.entry for u in list_trees(known, arguments.nj)}
            for archive in of_part:
                _add_archive(corpus, found, *contents(archive, known, arguments.data_root))
            corpus.parts[part] = found


def _add_archive(
    corpus: _Corpus, found: dict[str, str], entries: Sequence[Entry], folder: Path | None
) -> None:
    """Add the recordings of an archive to those that are ``found``, and what it will write."""
    if folder is None:
        return
    for entry in entries:
        place = place_of(entry.name)
        found.setdefault(place.rpartition(".")[0] + ".wav", "")
        if not is_there(entry, folder / place):
            corpus.writes[folder] += entry.size


def _set_lines(corpus: _Corpus, name: str, *, partial: bool) -> Iterator[tuple[object, ...]]:
    utts = corpus.recordings(name)
    speakers = {utt.partition("/")[0] for utt in utts}
    with corpus.noted():
        check_size(name, len(speakers), len(utts), partial=partial)
    if utts:
        seconds = sum(
            len(corpus.parts[part]) * _MEAN_SECONDS[part.partition("/")[0]]
            for part in SETS[name].parts
        )
        entry = next(filter(None, utts.values()), "")
        yield "set", name, len(utts), len(speakers), round(seconds), entry


def _check_list(corpus: _Corpus, name: str, arguments: argparse.Namespace) -> None:
    """Raise UserError as make_data_dirs.py would for a list."""
    lists = find_lists(arguments.data_root, [name])
    trials = read_list(name, lists[name], partial=arguments.partial)
    if TEST_SET in arguments.needs and corpus.has(TEST_SET):
        beyond = (one.utt for one in list_voxsrc(arguments.data_root, lists))
        known = {*corpus.recordings(TEST_SET), *beyond}
        check_known(trials, known, source=lists[name], drop=arguments.drop_trials)


if __name__ == "__main__":
    run(main)
