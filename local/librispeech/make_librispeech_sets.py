"""Make the sets of LibriSpeech, or of its small version, from the unpacked parts that are there.

Usage: python local/librispeech/make_librispeech_sets.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from speakernet.backend.trial_drawing import draw_session_trials
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, cohort_of, create, log_size
from speakernet.kaldi.trials import Trials, write_trials
from speakernet.prepare.audio_files import entry_of
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

TRAIN_SETS = {
    "train_clean_5": ("train-clean-5",),
    "train_clean_100": ("train-clean-100",),
    "train_clean_460": ("train-clean-100", "train-clean-360"),
    "train_960": ("train-clean-100", "train-clean-360", "train-other-500"),
}
# Utterances of each part as published; none were found for those of the small version.
TEST_PARTS = {
    "dev-clean": 2703,
    "dev-other": 2864,
    "test-clean": 2620,
    "test-other": 2939,
    "dev-clean-2": None,
}
_SIZES = {"train-clean-100": 28_539, "train-clean-360": 104_014, "train-other-500": 148_688}
_SUFFIXES = (".flac", ".wav")
Sets = dict[str, list[NewUtterance]]


def main(argv: Sequence[str] | None = None) -> int:
    """Write each training set whose parts are there, its cohort, and test with a list a part."""
    arguments = parse(argv)
    parts = read_parts(arguments.data_root)
    sets = sets_of(parts, arguments.data_root)
    lists = {
        f"trials_{name.replace('-', '_')}": draw_session_trials(parts[name], arguments.seed, name)
        for name in TEST_PARTS
        if parts[name]
    }
    _write(arguments.data, sets, lists)
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of prepare.sh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True, help="holds LibriSpeech/")
    parser.add_argument("--nj", type=int, default=1, help="not used")
    parser.add_argument("--seed", type=int, default=0, help="of the trials")
    parser.add_argument("data", type=Path, help="parent of the sets")
    return parser.parse_args(argv)


def read_parts(data_root: Path) -> Sets:
    """Return the utterances of each part, none of those that are not there."""
    names = {part for parts in TRAIN_SETS.values() for part in parts} | TEST_PARTS.keys()
    return {name: _read_part(data_root, name) for name in sorted(names)}


def _read_part(data_root: Path, name: str) -> list[NewUtterance]:
    """Return the utterances of a part in order; none where it is not there."""
    for folder in (data_root / "LibriSpeech" / name, data_root / name):
        if folder.is_dir():
            found = sorted(_utterances(folder), key=lambda utterance: utterance.utt)
            expected = _SIZES.get(name) or TEST_PARTS.get(name)
            if not found:
                raise UserError(f"{folder}: found no <speaker>/<chapter>/*.flac; unpack it again")
            if expected not in (None, len(found)):
                logger.warning(
                    "%s: found %d utterances of the %d that LibriSpeech has",
                    *(folder, len(found), expected),
                )
            return found
    return []


def _utterances(folder: Path) -> Iterator[NewUtterance]:
    """Yield what is named ``<speaker>/<chapter>/<speaker>-<chapter>-<number>.flac``.

    A chapter of a book is a session. Raises UserError for audio with another name.
    """
    for path in folder.glob("*/*/*"):
        if path.suffix not in _SUFFIXES or path.name.startswith("."):
            continue
        speaker, chapter = path.parts[-3:-1]
        if not path.name.startswith(f"{speaker}-{chapter}-"):
            raise UserError(f"{path}: expected a name like {speaker}-{chapter}-0000.flac")
        session = f"{speaker}-{chapter}"
        yield NewUtterance(path.stem, speaker, entry_of(path), session)


def sets_of(parts: Sets, data_root: Path) -> Sets:
    """Return the training sets whose parts are there, their cohorts, and test.

    Raises UserError where there is nothing to train on, or to test with.
    """
    sets: Sets = {}
    for name, members in TRAIN_SETS.items():
        if all(parts[part] for part in members):
            sets[name] = [utterance for part in members for utterance in parts[part]]
            sets[f"cohort_{name}"] = cohort_of(sets[name])
    sets["test"] = [utterance for part in TEST_PARTS for utterance in parts[part]]
    if len(sets) == 1 or not sets["test"]:
        kinds = "training part (train-clean-5, …)" if sets["test"] else "dev or test part"
        raise UserError(
            f"{data_root}: found no {kinds} of LibriSpeech; expected folders like "
            "LibriSpeech/train-clean-5 and LibriSpeech/dev-clean-2 (local/librispeech/download.sh)"
        )
    return sets


def _write(data: Path, sets: Sets, lists: dict[str, Trials]) -> None:
    with ExitStack() as stack:
        new = {name: stack.enter_context(folder_for_replace(data / name)) for name in sets}
        for name, members in sets.items():
            create(new[name], members)
            log_size(name, members)
        for name, trials in lists.items():
            write_trials(new["test"] / name, trials)


if __name__ == "__main__":
    run(main)
