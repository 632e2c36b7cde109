"""Make the sets train, test (with trials) and cohort from a folder of recordings.

Usage: python local/folder/make_folder_sets.py --data-root DIR DATA
"""

from __future__ import annotations

import argparse
import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from folder_files import LeftOut, Source, find_recordings
from folder_table import find_table, read_recordings
from safe_ids import safe_ids
from speaker_split import session_of, test_speakers
from usable import Usable, usable

from speakernet.backend.trial_drawing import draw_session_trials
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, Stretch, cohort_of, create, in_turns, log_size
from speakernet.kaldi.trials import write_trials
from speakernet.prepare.audio_files import entry_of
from speakernet.work.files import folder_for_replace, open_for_replace

logger = logging.getLogger(__name__)

TEST_UTTERANCES = 30
Sets = dict[str, list[NewUtterance]]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the sets, ``speakers.tsv`` and ``left_out.tsv`` into the data folder."""
    arguments = parse(argv)
    root: Path = arguments.data_root
    sources, left_out = find_sources(root)
    arguments.data.mkdir(parents=True, exist_ok=True)
    recordings, unusable = usable(sources, arguments.nj)
    left_out += unusable
    write_tsv(arguments.data / "left_out.tsv", ("path", "reason"), left_out)
    _log_left_out(left_out, arguments.data)
    tested = test_speakers(recordings, arguments.seed, str(find_table(root) or root))
    ids = safe_ids(each.source.speaker for each in recordings)
    sets = sets_of(recordings, tested, ids)
    _write_sets(arguments.data, sets, arguments.seed)
    rows = _speaker_rows(recordings, tested, ids)
    columns = ("speaker", "set", "recordings", "sessions", "minutes", "name")
    write_tsv(arguments.data / "speakers.tsv", columns, rows)
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of prepare.sh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--nj", type=int, default=1, help="processes that read files")
    parser.add_argument("--seed", type=int, default=0, help="of the split and the trials")
    parser.add_argument("data", type=Path, help="parent of the sets")
    return parser.parse_args(argv)


def find_sources(root: Path) -> tuple[list[Source], list[LeftOut]]:
    """Return the recordings that a folder or its CSV has, and the files that have no such name.

    Raises UserError for none.
    """
    table = find_table(root)
    sources, left_out = read_recordings(table) if table else find_recordings(root)
    if not sources:
        raise UserError(
            f"{root}: found no audio; expected {root}/<speaker>/**/*.wav (flac, mp3, m4a, …), or a "
            "CSV with the columns path and speaker"
        )
    return sources, left_out


def write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table with a header; tabs, line ends and the like in fields are escaped."""
    lines = ["\t".join(columns), *("\t".join(_visible(str(x)) for x in row) for row in rows)]
    with open_for_replace(path) as file:
        file.writelines(f"{line}\n".encode() for line in lines)


def _visible(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", lambda m: ascii(m[0])[1:-1], text)


def _log_left_out(left_out: Sequence[LeftOut], data: Path) -> None:
    counts = Counter(each.reason.partition(":")[0].partition(" (")[0] for each in left_out)
    if counts:
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        logger.warning("%d files are left out (%s/left_out.tsv): %s", counts.total(), data, kinds)


def sets_of(recordings: Sequence[Usable], tested: set[str], ids: dict[str, str]) -> Sets:
    """Return the sets of recordings: test has the speakers that are ``tested``, train the others.

    ``ids``: by the speakers' names.
    """
    by_speaker: dict[str, list[Usable]] = defaultdict(list)
    for each in recordings:
        by_speaker[each.source.speaker].append(each)
    sets: Sets = {"train": [], "test": []}
    has_parts = any(_is_part(each.source) for each in recordings)
    for name, members in by_speaker.items():
        made = _utterances(ids[name], members, has_parts=has_parts)
        sets["test" if name in tested else "train"] += made
    sets["test"] = in_turns(sets["test"], TEST_UTTERANCES)
    sets["cohort"] = cohort_of(sets["train"])
    return sets


def _is_part(source: Source) -> bool:
    return source.start_s is not None or source.end_s is not None


def _utterances(speaker: str, members: Sequence[Usable], *, has_parts: bool) -> list[NewUtterance]:
    """Return a speaker's utterances, in the order of their names.

    ``has_parts``: some recordings of the set are used in parts only; then all have parts.
    """
    ids = safe_ids(each.source.name for each in members)
    sessions = safe_ids(session_of(each) for each in members)
    counts: Counter[str] = Counter()
    made = []
    for each in sorted(members, key=lambda each: (each.source.name, each.source.start_s or 0.0)):
        name = ids[each.source.name]
        counts[name] += 1
        recording = f"{speaker}-{name}"
        start = each.source.start_s or 0.0
        part = Stretch(recording, start, start + each.duration_s) if has_parts else None
        utt = f"{recording}-{counts[name]:04}" if part else recording
        session = f"{speaker}-{sessions[session_of(each)]}"
        entry = entry_of(each.source.path)
        made.append(NewUtterance(utt, speaker, entry, session, each.duration_s, part))
    return made


def _write_sets(data: Path, sets: Sets, seed: int) -> None:
    trials = draw_session_trials(sets["test"], seed, "trials")
    with ExitStack() as stack:
        new = {name: stack.enter_context(folder_for_replace(data / name)) for name in sets}
        for name, members in sets.items():
            create(new[name], members)
            log_size(name, members)
        write_trials(new["test"] / "trials", trials)


def _speaker_rows(
    recordings: Sequence[Usable], tested: set[str], ids: dict[str, str]
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for name, speaker in ids.items():
        members = [each for each in recordings if each.source.speaker == name]
        minutes = sum(each.duration_s for each in members) / 60
        num_sessions = len({session_of(each) for each in members})
        part = "test" if name in tested else "train"
        rows.append((speaker, part, len(members), num_sessions, f"{minutes:.2f}", name))
    return rows


if __name__ == "__main__":
    run(main)
