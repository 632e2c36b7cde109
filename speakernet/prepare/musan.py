"""The MUSAN corpus (and others laid out like it) as data dirs: noise, music, speech.

``<root>/music/**/ANNOTATIONS`` has lines ``id genres vocals artist``; ``vocals`` is Y or N.
"""

import itertools
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from speakernet.audio.reader import AudioReader
from speakernet.config.errors import UserError
from speakernet.config.files import read_bytes
from speakernet.kaldi.datadir import validate
from speakernet.kaldi.shell import sox_reading
from speakernet.kaldi.tables import write_table
from speakernet.prepare.durations import entry_duration
from speakernet.work.files import folder_for_replace

logger = logging.getLogger(__name__)

PARTS = ("noise", "music", "speech")
_SUFFIXES = (".wav", ".flac", ".ogg")


def make_musan(
    root: Path, part: str, folder: Path, *, use_vocals: bool = True, sample_rate: int = 16000
) -> int:
    """Write ``wav.scp utt2spk spk2utt reco2dur utt2dur`` of one part; return its number of files.

    Raises UserError if the part has no audio, if two files have the same name, or if an annotation
    is malformed.
    """
    files = dict(sorted(find_audio(root / part).items()))
    if part == "music":
        files = _annotated(files, _annotations(root / part), use_vocals)
    if not files:
        raise UserError(f"{root / part}: found no audio; expected a tree like MUSAN's")
    reader = AudioReader(sample_rate)
    entries = {name: _entry(path, sample_rate) for name, path in files.items()}
    durations = {
        name: f"{entry_duration(entry, reader, str(files[name])):.9g}"
        for name, entry in entries.items()
    }
    with folder_for_replace(folder) as new:
        for table, rows in (
            ("wav.scp", entries),
            ("utt2spk", {name: name for name in entries}),
            ("spk2utt", {name: name for name in entries}),
            ("reco2dur", durations),
            ("utt2dur", durations),
        ):
            write_table(new / table, rows.items())
        validate(new, feats=False)
    return len(entries)


def find_audio(root: Path) -> dict[str, str]:
    """Return the paths of audio files below a folder, by name without suffix, blanks as ``_``.

    Raises UserError if two have the same, and for one that cannot be an id in tables.
    """
    found: dict[str, str] = {}
    num_hidden = 0
    for folder, _, names in os.walk(root, followlinks=True):
        for file in names:
            stem, suffix = os.path.splitext(file)
            name = "_".join(re.split(r"[^\S\n\r]+", stem))  # an id has no blanks
            if suffix.lower() not in _SUFFIXES:
                continue
            if file.startswith("._"):
                num_hidden += 1
            else:
                path = os.path.join(folder, file)
                if not name.isprintable():  # or a path of more than one line
                    raise UserError(f"{path}: its name cannot be an id; rename it")
                if name in found:
                    raise UserError(f"{path}: has the same name as {found[name]}")
                found[name] = path
    if num_hidden:
        logger.warning("%s: %d ._ files of macOS are no audio and left out", root, num_hidden)
    return found


def _annotations(root: Path) -> Iterator[tuple[str, bool, str]]:
    """Yield (id, has vocals, ``file:line``) of all ANNOTATIONS below ``root``."""
    walk = os.walk(root)
    found = (Path(folder) for folder, *names in walk if "ANNOTATIONS" in itertools.chain(*names))
    for path in (folder / "ANNOTATIONS" for folder in sorted(found)):
        lines = read_bytes(path).decode(errors="replace").split("\n")
        for number, line in enumerate(lines, start=1):
            fields = line.split()
            if fields and (len(fields) < 3 or fields[2] not in ("Y", "N")):
                raise UserError(f"{path}:{number}: found '{line}'; expected 'id genres Y|N artist'")
            if fields:
                yield fields[0], fields[2] == "Y", f"{path}:{number}"


def _annotated(
    files: dict[str, str], annotations: Iterator[tuple[str, bool, str]], use_vocals: bool
) -> dict[str, str]:
    """Keep what is annotated, as Kaldi does; a tree without annotations is kept whole."""
    kept: dict[str, str] = {}
    found_any = False
    for name, has_vocals, place in annotations:
        found_any = True
        if name not in files:
            logger.warning("%s: no audio file of '%s'", place, name)
        elif use_vocals or not has_vocals:
            kept[name] = files[name]
    if not found_any and not use_vocals:
        raise UserError("no ANNOTATIONS say which music has vocals; expected them for use-vocals")
    return dict(sorted(kept.items())) if found_any else files


def _entry(path: str, sample_rate: int) -> str:
    if sample_rate == 16000:
        return path
    return f"{sox_reading(path)} -r {sample_rate} -t wav - |"
