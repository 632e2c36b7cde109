"""Make the data dirs of VoxCeleb from extracted trees, and its trial lists from the official files.

Usage: python local/voxceleb/make_data_dirs.py --data-root DIR DATA voxceleb1 trials_o_clean …
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from missing import write_missing
from trees import Tree, Utterance, find_trees, list_trees
from trial_lists import LISTS, check_needs, find_lists, read_list, write_known
from vox_parts import SETS, read_vox2_parts
from voxsrc_audio import list_voxsrc

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir.create import NewUtterance, create
from speakernet.kaldi.tables import iter_ids
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

TEST_SET = "voxceleb1"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the sets that are needed, each whole or not at all; voxceleb1 with all trial lists that
    are there.
    """
    arguments = _parse(argv)
    check_needs(arguments.needs)
    names = [name for name in arguments.needs if name in SETS]
    needed_lists = [name for name in arguments.needs if name in LISTS]
    lists = find_lists(arguments.data_root, needed_lists)
    parts = _list_parts(arguments, names)
    sets = {n: _merge(parts[part] for part in SETS[n].parts) for n in names}
    for name, utterances in sets.items():
        num_speakers = len({utterance.speaker for utterance in utterances})
        check_size(name, num_speakers, len(utterances), partial=arguments.partial)
        logger.info("%s: %d speakers, %d utterances", name, num_speakers, len(utterances))
    with ExitStack() as stack:
        new = {n: stack.enter_context(folder_for_replace(arguments.data / n)) for n in sets}
        for name, utterances in sets.items():
            extra = list_voxsrc(arguments.data_root, lists) if name == TEST_SET else []
            create(new[name], (NewUtterance(*u) for u in (*utterances, *extra)))
            write_missing(new[name], name, utterances, arguments.data_root)
        if TEST_SET in new:
            _write_lists(new[TEST_SET], lists, needed_lists, arguments)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=8, help="threads that list folders")
    parser.add_argument("--partial", action="store_true", help="accept an incomplete corpus")
    parser.add_argument("--drop-trials", action="store_true", help="those with missing recordings")
    parser.add_argument("data", type=Path, help="parent of the data dirs")
    parser.add_argument(
        "needs", nargs="*", metavar="NAME", help="sets, and lists that must be there"
    )
    return parser.parse_args(argv)


def _list_parts(
    arguments: argparse.Namespace, names: Collection[str]
) -> dict[str, list[Utterance]]:
    """Return the utterances of each part of the corpus that the sets need."""
    needed = sorted({part for name in names for part in SETS[name].parts})
    trees = find_trees(arguments.data_root, read_vox2_parts(arguments.data_root))
    for part in needed:
        if part not in trees and not arguments.partial:
            raise no_part(arguments.data_root, part)
    return {part: list_trees(_known(trees, part), arguments.nj) for part in needed}


def no_part(data_root: Path, part: str) -> UserError:
    """Return the error of a part of the corpus of which there is nothing."""
    return UserError(
        f"{data_root}: {part} is not here; expected its archives, or folders id*/ of its speakers "
        "(local/voxceleb/prepare.sh --help)"
    )


def _known(trees: Mapping[str, list[Tree]], part: str) -> list[Tree]:
    for tree in trees.get(part, ()):
        logger.info("%s: %s", part, tree.path)
    return trees.get(part, [])


def _merge(lists: Iterable[Sequence[Utterance]]) -> list[Utterance]:
    return sorted((u for utterances in lists for u in utterances), key=lambda u: u.utt)


def check_size(name: str, num_speakers: int, num_utterances: int, *, partial: bool) -> None:
    """Raise UserError if a set is not whole or, with ``partial``, if it is empty."""
    found = (num_speakers, num_utterances)
    expected = (SETS[name].num_speakers, SETS[name].num_utterances)
    if found != expected and not partial:
        raise UserError(
            f"{name}: found {found[0]} speakers and {found[1]} utterances; expected "
            f"{expected[0]} and {expected[1]} (--partial true accepts an incomplete corpus)"
        )
    if not num_utterances:
        raise UserError(f"{name}: no audio file found")


def _write_lists(
    folder: Path, lists: Mapping[str, Path], needed: Collection[str], arguments: argparse.Namespace
) -> None:
    """Write the needed lists, and of the others those whose recordings are all here."""
    known = {name.decode() for name in iter_ids(folder / "utt2spk")}
    for name, path in lists.items():
        trials = read_list(name, path, partial=arguments.partial)
        try:
            write_known(folder / name, trials, known, source=path, drop=arguments.drop_trials)
        except UserError as error:
            if name in needed:
                raise
            logger.info("no %s: %s", name, error)


if __name__ == "__main__":
    run(main)
