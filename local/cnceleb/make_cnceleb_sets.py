"""Make the sets of CN-Celeb 1 and 2, with the official trials.

Usage: python local/cnceleb/make_cnceleb_sets.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from cnceleb_lists import Lists, read_lists
from cnceleb_trees import find_tree, list_speakers, list_utterances

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, cohort_of, create, log_size
from speakernet.kaldi.tables import write_table
from speakernet.kaldi.trials import write_trials
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

Sets = dict[str, list[NewUtterance]]


def main(argv: Sequence[str] | None = None) -> int:
    """Write cnceleb1_dev, with CN-Celeb 2 cnceleb_train, their cohorts, and test with its lists."""
    arguments = parse(argv)
    sets, lists = read_sets(arguments.data_root)
    _write(arguments.data, sets, lists)
    return 0


def read_sets(root: Path) -> tuple[Sets, Lists]:
    """Return the sets that can be made of the trees that are there, and the lists of trials.

    Raises UserError for a tree that is not there or not whole.
    """
    first, second = find_tree(root, "CN-Celeb"), find_tree(root, "CN-Celeb2")
    if first is None:
        raise UserError(
            f"{root}: found no CN-Celeb; expected CN-Celeb_flac/data/id*/ and CN-Celeb_flac/eval/"
        )
    lists = read_lists(first)
    sets: Sets = {"cnceleb1_dev": list_utterances(first, list_speakers(first, "dev/dev.lst"))}
    if second is not None:
        more = list_utterances(second, list_speakers(second, "spk.lst"))
        sets["cnceleb_train"] = sets["cnceleb1_dev"] + more
    _check_speakers(sets, lists)
    sets |= {f"cohort_{name}": cohort_of(train) for name, train in sets.items()}
    sets["test"] = lists.utterances
    return sets, lists


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of prepare.sh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True, help="holds CN-Celeb_flac/")
    parser.add_argument("--nj", type=int, default=1, help="not used")
    parser.add_argument("data", type=Path, help="parent of the sets")
    return parser.parse_args(argv)


def _check_speakers(sets: Sets, lists: Lists) -> None:
    """Raise UserError for a speaker who would be trained on and tested with."""
    tested = {utterance.speaker for utterance in lists.utterances}
    for name, members in sets.items():
        if both := sorted(tested & {utterance.speaker for utterance in members}):
            raise UserError(f"{name}: speaker {both[0]} is one of the test, too")


def _write(data: Path, sets: Sets, lists: Lists) -> None:
    with ExitStack() as stack:
        new = {name: stack.enter_context(folder_for_replace(data / name)) for name in sets}
        for name, members in sets.items():
            create(new[name], members)
            log_size(name, members)
        for name, trials in lists.trials.items():
            write_trials(new["test"] / name, trials)
        models = sorted((model, " ".join(members)) for model, members in lists.models.items())
        write_table(new["test"] / "enroll_spk2utt", models)


if __name__ == "__main__":
    run(main)
