"""CN-Celeb's trees: ``<tree>/data/<speaker>/<genre>-<session>-<number>.flac``, or .wav."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance
from speakernet.kaldi.tables import iter_ids
from speakernet.prepare.audio_files import entry_of

logger = logging.getLogger(__name__)

SUFFIXES = (".flac", ".wav")
# As openslr 82 unpacks them, as recipes convert them, and as the first version was called.
_FORMS = ("{}_flac", "{}_wav", "{}", "{}_v2")


def find_tree(data_root: Path, name: str) -> Path | None:
    """Return the tree of ``CN-Celeb`` or ``CN-Celeb2``, None if it is not there."""
    names = [form.format(name) for form in _FORMS]
    if name == "CN-Celeb":
        names += [form.format("CN-Celeb1") for form in _FORMS]
    return next((data_root / n for n in names if (data_root / n / "data").is_dir()), None)


def list_speakers(tree: Path, table: str) -> list[str]:
    """Return the speakers that a list in the tree names. Raises UserError if one has no folder."""
    speakers = [name.decode() for name in iter_ids(tree / table, has_values=False)]
    for speaker in speakers:
        if not (tree / "data" / speaker).is_dir():
            raise UserError(f"{tree / table}: {tree}/data has no folder {speaker}; unpack it again")
    return speakers


def list_utterances(tree: Path, speakers: Sequence[str]) -> list[NewUtterance]:
    """Return all utterances of speakers, in order of ids. Raises UserError for none."""
    found, num_others = [], 0
    for speaker in speakers:
        for path in (tree / "data" / speaker).iterdir():
            if path.suffix in SUFFIXES and not path.name.startswith("."):
                found.append(utterance(speaker, path.stem, path))
            else:
                num_others += 1
    if num_others:
        logger.warning("%s/data: %d files are no audio and left out", tree, num_others)
    if not found:
        raise UserError(f"{tree}/data: found no *.flac or *.wav of {len(speakers)} speakers")
    return sorted(found, key=lambda each: each.utt)


def utterance(speaker: str, name: str, path: Path) -> NewUtterance:
    """Return the utterance ``<genre>-<session>-<number>`` of a speaker."""
    session = name.rpartition("-")[0] or name
    return NewUtterance(f"{speaker}-{name}", speaker, entry_of(path), f"{speaker}-{session}")
