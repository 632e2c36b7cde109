"""Merge data directories into one."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import is_given, read_bytes
from speakernet.kaldi.datadir.fix import fix
from speakernet.kaldi.datadir.layout import FRAME_SHIFT, Tables, existing_tables
from speakernet.kaldi.datadir.sorting import count_lines, in_order, merge_sorted
from speakernet.kaldi.datadir.speakers import write_spk2utt
from speakernet.kaldi.tables import iter_fields, iter_ids
from speakernet.work.files import folder_for_replace, open_for_replace, scratch_folder

logger = logging.getLogger(__name__)


def combine(
    target: Path,
    sources: Sequence[Path],
    *,
    extra_files: Sequence[str] = (),
    skip_fix: bool = False,
) -> None:
    """Merge ``sources`` to the data directory ``target``, which is replaced as a whole.

    Tables that not every source has are left out with a warning, but utt2uniq and segments are
    made where only some have them; ``extra_files`` are further tables to merge. Raises UserError
    for an utterance that two sources have, for different frame shifts, and for what ``fix``
    refuses.
    """
    if target.resolve() in [source.resolve() for source in sources]:
        raise UserError(f"{target}: is both source and destination")
    with folder_for_replace(target) as folder, scratch_folder(folder / ".work") as work:
        inputs = [_input_tables(source, extra_files) for source in sources]
        _add_missing(inputs, sources, work)
        _merge_tables(inputs, folder, work, skip_fix)
        _check_utterances(inputs, folder / "utt2spk")
        _combine_frame_shifts(sources, folder / FRAME_SHIFT)
        write_spk2utt(folder / "utt2spk", folder / "spk2utt")
        if not skip_fix:
            fix(folder)


def _input_tables(source: Path, extra_files: Sequence[str]) -> Tables:
    tables = existing_tables(source)
    return tables | {name: source / name for name in extra_files if is_given(source / name)}


def _add_missing(inputs: list[Tables], sources: Sequence[Path], work: Path) -> None:
    """Make utt2uniq and segments for the sources without, where others have them."""
    for number, (tables, source) in enumerate(zip(inputs, sources, strict=True)):
        if "utt2uniq" not in tables and any("utt2uniq" in other for other in inputs):
            made = work / f"utt2uniq.{number}"
            with open_for_replace(made) as file:
                file.writelines(b"%b %b\n" % (utt, utt) for utt in iter_ids(tables["utt2spk"]))
            tables["utt2uniq"] = made
        if "segments" not in tables and any("segments" in other for other in inputs):
            tables["segments"] = _whole_segments(tables, source, work / f"segments.{number}")


def _whole_segments(tables: Tables, source: Path, made: Path) -> Path:
    durations = tables.get("utt2dur", tables.get("reco2dur"))
    if durations is None:
        raise UserError(f"{source}: others have segments; making them here needs utt2dur")
    with open_for_replace(made) as file:
        for _, (utterance, duration) in iter_fields(durations, num_fields=2):
            file.write(b"%b %b 0.0 %b\n" % (utterance, utterance, duration))
    return made


def _merge_tables(inputs: list[Tables], folder: Path, work: Path, skip_fix: bool) -> None:
    for name in sorted(set(itertools.chain.from_iterable(inputs))):
        files = [tables[name] for tables in inputs if name in tables]
        if len(files) < len(inputs):
            logger.warning("not combining %s as it does not exist everywhere", name)
            continue
        if name == "utt2spk" or skip_fix:  # else `fix` finds what is out of order, in one reading
            files = [in_order(file, work / str(n)) for n, file in enumerate(files)]
        merge_sorted(files, folder / name)


def _check_utterances(inputs: list[Tables], merged: Path) -> None:
    """Raise UserError if an utterance is in two sources."""
    total = sum(count_lines(tables["utt2spk"]) for tables in inputs)
    if count_lines(merged) == total:
        return
    seen: set[bytes] = set()
    for tables in inputs:
        ids = set(iter_ids(tables["utt2spk"]))
        for utterance in sorted(ids & seen)[:1]:
            raise UserError(f"{tables['utt2spk']}: '{utterance.decode()}' is in two sources")
        seen |= ids


def _combine_frame_shifts(sources: Sequence[Path], target: Path) -> None:
    """Write the frame shift that all sources have. Raises UserError if two differ."""
    paths = [source / FRAME_SHIFT for source in sources if is_given(source / FRAME_SHIFT)]
    shifts = {path: read_bytes(path) for path in paths}
    if len(set(shifts.values())) > 1:
        one, other = paths[:2]
        raise UserError(f"{one} and {other} (or others) differ")
    if len(paths) == len(sources):
        target.write_bytes(shifts[paths[0]])
