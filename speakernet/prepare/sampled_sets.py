"""Sizes of sets that a corpus would make, before it makes them, from the durations of a few files.

For ``local/<corpus>/estimate_<corpus>.py`` (see ``corpus_estimate.py``) of corpora whose recordings
lie in folders, and to which noises and rooms are added where they have none.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from speakernet.audio.reader import AudioReader
from speakernet.config.errors import UserError
from speakernet.kaldi.datadir import NewUtterance
from speakernet.prepare.durations import entry_duration

_NUM_SAMPLES = 20
_MAX_S = 30.0  # of a sound that becomes noise
# Simulated noises and music together, of which there are 48 of 10 s each; simulated rooms.
_SIMULATED_BYTES, _ROOM_BYTES = 2 * 48 * 10 * 32_000, 5_000_000
_OWN_FILES, _BABBLE = 500, 200  # at most

Sets = Mapping[str, Sequence[NewUtterance]]


def print_estimate(make_sets: Callable[[Namespace], Sets], arguments: Namespace) -> int:
    """Print the sets that ``make_sets`` returns of ``data_root``, or the problem that it raises,
    and what is written beside them into ``data``.
    """
    try:
        sets = make_sets(arguments)
    except UserError as error:
        print("problem", " ".join(str(error).split()), sep="\t")
        return 0
    for line in (*_set_lines(sets), *_noise_lines(arguments.data_root, arguments.data)):
        print(*line, sep="\t")
    return 0


def _set_lines(sets: Sets) -> Iterator[tuple[object, ...]]:
    for name, members in sets.items():
        speakers = {member.speaker for member in members}
        seconds = round(mean_seconds([member.entry for member in members]) * len(members), 1)
        yield "set", name, len(members), len(speakers), seconds, members[0].entry


def mean_seconds(entries: Sequence[str]) -> float:
    """Return the mean duration of a few recordings of ``wav.scp`` entries, spread over all.

    Those that cannot be read are left out. Raises UserError if that are all.
    """
    reader, found = AudioReader(), []
    for entry in entries[:: -(-len(entries) // _NUM_SAMPLES)]:
        with suppress(UserError, OSError):
            found.append(entry_duration(entry, reader))
    if not found:
        raise UserError(f"{entries[0]}: cannot be read, nor can others that were tried")
    return sum(found) / len(found)


def _noise_lines(data_root: Path, data: Path) -> Iterator[tuple[object, ...]]:
    """Yield what noises and rooms take (local/noises/prepare.sh), at most."""
    size = 0
    if not (data_root / "musan/noise").is_dir():
        has_own = any((data_root / name).is_dir() for name in ("noises", "music"))
        own = 2 * _OWN_FILES * _MAX_S * 32_000
        size += int((own if has_own else _SIMULATED_BYTES) + _BABBLE * _MAX_S * 32_000)
    if not (data_root / "RIRS_NOISES/simulated_rirs").is_dir():
        size += _ROOM_BYTES
    yield "write", data, size
