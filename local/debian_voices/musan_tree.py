"""The texts of a MUSAN-like tree, and its speech:
``<kind>/<source>/{<kind>-<source>-NNNN.wav,ANNOTATIONS,LICENSE}``.
"""

from __future__ import annotations

import logging
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpus_tables import Package, SoundRow, SpeakerRow
from package_content import Recording, wav_path
from sounds import Sounds

from speakernet.config import UserError
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)

_SPEECH_SOURCE = "debian_voices"


def finish_sounds(musan: Path, sounds: Iterable[Sounds], packages: dict[str, Package]) -> None:
    """Write the texts beside noises and music and log what there is. Raises UserError if a kind
    is empty.
    """
    kinds: dict[str, list[Sounds]] = defaultdict(list)
    for source in sounds:
        kinds[source.row.kind].append(source)
        licence = _licence(packages, source.row)
        _write_texts(musan / source.row.kind / source.row.source, source.annotations, [licence])
    for kind in ("noise", "music"):
        _log_kind(musan / kind, kinds[kind])


def _log_kind(folder: Path, sources: Sequence[Sounds]) -> None:
    num_files = sum(source.num_files for source in sources)
    num_dropped = sum(source.num_dropped for source in sources)
    num_wavs = sum(len(source.annotations) for source in sources)
    if not num_wavs:
        raise UserError(f"{folder}: no file of the packages is left for it")
    minutes = sum(source.seconds for source in sources) / 60
    logger.info(
        "musan/%s: %d files, %d too short, %d wav files, %.1f minutes",
        *(folder.name, num_files, num_dropped, num_wavs, minutes),
    )


def add_speech(
    musan: Path,
    babble: Path,
    recordings: Sequence[Recording],
    speakers: dict[str, SpeakerRow],
    packages: dict[str, Package],
) -> None:
    """Copy the wav files of the babble speakers to the tree's speech, with their texts."""
    folder = musan / "speech" / _SPEECH_SOURCE
    folder.mkdir(parents=True)
    annotations = []
    for number, recording in enumerate(recordings):
        row = speakers[recording.speaker]
        name = f"speech-{_SPEECH_SOURCE}-{number:04d}"
        shutil.copyfile(wav_path(babble, recording), folder / f"{name}.wav")
        annotations.append(f"{name} {row.gender} {row.language} {recording.utt}")
    licences = {_licence(packages, speakers[recording.speaker]) for recording in recordings}
    _write_texts(folder, annotations, sorted(licences))
    minutes = sum(recording.duration_s for recording in recordings) / 60
    logger.info("musan/speech: %d wav files, %.1f minutes", len(recordings), minutes)


def _licence(packages: dict[str, Package], row: SpeakerRow | SoundRow) -> str:
    return f"{row.package}: {packages[row.package].licence}"


def _write_texts(folder: Path, annotations: Sequence[str], licences: Sequence[str]) -> None:
    for name, lines in (("ANNOTATIONS", annotations), ("LICENSE", licences)):
        with open_for_replace(folder / name) as file:
            file.writelines(f"{line}\n".encode() for line in lines)
