"""What a partial corpus lacks, by name: speakers by VoxCeleb's tables, recordings by its lists."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from trees import Utterance
from trial_lists import BEYOND, LISTS, our_id
from vox_parts import SETS, VOX1_SPEAKERS, find_file, is_speaker, part_of, read_vox2_parts

from speakernet.config.files import read_text
from speakernet.prepare.partial_sets import MISSING, Found, write_missing_table

logger = logging.getLogger(__name__)

_VOX1_FILES = "iden_split.txt"  # all recordings of VoxCeleb1, for its task of identification


def write_missing(
    folder: Path, name: str, utterances: Sequence[Utterance], data_root: Path
) -> None:
    """Write ``<folder>/missing`` of a set that is not whole.

    Recordings of speakers who are missing are not listed; VoxCeleb2's are known in number only.
    """
    expected = SETS[name]
    speakers = {utterance.speaker for utterance in utterances}
    found = Found(len(speakers), expected.num_speakers, len(utterances), expected.num_utterances)
    if found.is_whole:
        return
    there = {utterance.utt for utterance in utterances}
    no_speaker = sorted(_known_speakers(name, data_root) - speakers)
    recordings = (
        _known_recordings(data_root) if SETS[name].parts[0].startswith("voxceleb1") else set()
    )
    no_recording = sorted(r for r in recordings - there if r.split("/")[0] in speakers)
    lines = [f"speaker {one}" for one in no_speaker]
    lines += [f"recording {one}" for one in no_recording]
    write_missing_table(folder, found, lines)
    logger.warning(
        "%s is not whole: %s; %d speakers and %d recordings are known by name: %s/%s",
        *(name, found, len(no_speaker), len(no_recording), name, MISSING),
    )


def _known_speakers(name: str, data_root: Path) -> set[str]:
    vox2 = read_vox2_parts(data_root)
    speakers = {*vox2, *(f"id{number}" for number in VOX1_SPEAKERS)}
    return {one for one in speakers if part_of(one, "", vox2) in SETS[name].parts}


def _known_recordings(data_root: Path) -> set[str]:
    """Return the recordings of VoxCeleb1 that official lists name."""
    names: set[str] = set()
    for files in ((_VOX1_FILES,), *(each.files for each in LISTS.values())):
        path = find_file(data_root, files)
        for line in read_text(path).splitlines() if path else ():
            names.update(map(our_id, line.split()[1:]))
    # Not those beyond VoxCeleb1 that VoxSRC's lists name.
    return {n for n in names if is_speaker(n.split("/")[0]) and f"/{BEYOND}/" not in n}
