"""Real speech: speakers of the default corpus's packages, as wav files of 16 kHz."""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from corpus_tables import read_packages, read_sounds, read_speakers
from package_content import PackageTask, Rule, process_package

from speakernet.audio.wav import write_wav

REPOSITORY = Path(__file__).parents[2]
TABLES = REPOSITORY / "egs/debian_voices"
_PACKAGES = ("klettres-data", "ktuberling-data", "fillets-ng-data-cs", "fillets-ng-data-nl")
_SPEAKERS_OF_FIRST = 14
_SMALL = "asterisk-prompt-fr-armelle"
_SOUNDS = {"noise": "sound-theme-freedesktop", "music": "asterisk-moh-opsound-wav"}
_FEW = {"noise": re.compile(r".*/[a-d][^/]*\.oga"), "music": re.compile(r".*/manolo[^/]*\.wav")}
_MIN_S = 3.0


def fetch(num_speakers: int) -> dict[str, Path]:
    """Return packages that have so many speakers, and those with noises and music."""
    first = num_speakers <= _SPEAKERS_OF_FIRST
    return _fetch([*(_PACKAGES[:1] if first else _PACKAGES), *_SOUNDS.values()])


def make_voice(folder: Path, num_utterances: int) -> list[Path]:
    """Return wav files of one person, from a small package."""
    (row,) = (r for r in read_speakers(TABLES / "speakers.tsv") if r.package == _SMALL)
    rules = {row.role: Rule(_MIN_S, num_utterances)}
    process_package(PackageTask(_fetch([_SMALL])[_SMALL], [row], [], rules, folder, folder, folder))
    return sorted(folder.glob("*/*.wav"))


def _fetch(names: list[str]) -> dict[str, Path]:
    cache = os.environ.get("SPEAKERNET_CACHE") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "speakernet"
    )
    debs = Path(cache, "debs")
    command = ["local/debian_voices/fetch.sh", str(debs), *names]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    packages = read_packages(TABLES / "packages.tsv")
    return {name: debs / packages[name].file for name in names}


def make_voices(
    folder: Path, debs: dict[str, Path], num_speakers: int, num_utterances: int
) -> list[list[Path]]:
    """Return the wav files of each of ``num_speakers`` people, ``num_utterances`` of each, the last
    of which is of twice the length: calibration by length wants some of over 6 s.
    """
    roles = ("train", "test")
    rows = [r for r in read_speakers(TABLES / "speakers.tsv") if r.role in roles]
    rules = dict.fromkeys(roles, Rule(_MIN_S, num_utterances + 1))
    voices: list[list[Path]] = []
    for package, deb in debs.items():
        some = [row for row in rows if row.package == package]
        if some:
            process_package(PackageTask(deb, some, [], rules, folder, folder, folder))
    for speaker in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(speaker.glob("*.wav"))
        if len(files) > num_utterances and len(voices) < num_speakers:
            _append(files[-2], files.pop())
            voices.append(files)
    if len(voices) < num_speakers:
        raise SystemExit(f"{len(voices)} speakers have {num_utterances} utterances: ask for fewer")
    return voices


def _append(first: Path, second: Path) -> None:
    """Write the samples of both to the first."""
    both = [soundfile.read(path, dtype="int16")[0] for path in (first, second)]
    write_wav(first, np.concatenate(both), 16000)


def make_sounds(folder: Path, debs: dict[str, Path], kind: str) -> list[Path]:
    """Return wav files of noise or music."""
    for row in read_sounds(TABLES / "sounds.tsv"):
        if row.package == _SOUNDS[kind]:
            few = replace(row, pattern=_FEW[kind])
            process_package(PackageTask(debs[row.package], [], [few], {}, folder, folder, folder))
    return sorted(folder.rglob("*.wav"))
