"""MUSAN and RIRS_NOISES with their folders, texts and lists."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import prepare_rirs
import soundfile

from tests.miniature.voices import make_sounds

_SOURCES = {
    "music": ("fma", "fma-western-art", "hd-classical", "jamendo", "rfm"),
    "noise": ("free-sound", "sound-bible"),
    "speech": ("librivox", "us-gov"),
}
_EACH = 4
_FRAMES = 6 * 16000


def make_musan(musan: Path, debs: dict[str, Path], voices: list[list[Path]]) -> None:
    """Write a tree of a few files of each source; speech is that of people of VoxCeleb."""
    with tempfile.TemporaryDirectory(dir=musan.parent) as name:
        for kind, sources in _SOURCES.items():
            if kind == "speech":
                files = [file for some in voices for file in some[:1]]
            else:
                files = make_sounds(Path(name, kind), debs, kind)
            for number, source in enumerate(sources):
                some = files[number :: len(sources)][:_EACH]
                _write_source(musan / kind / source, f"{kind}-{source}", some or files[:1])
    (musan / "README").write_text("MUSAN in miniature\n")


def _write_source(folder: Path, stem: str, files: list[Path]) -> None:
    folder.mkdir(parents=True)
    names = [f"{stem}-{number:04d}" for number in range(len(files))]
    for name, file in zip(names, files, strict=True):
        samples, rate = soundfile.read(file, frames=_FRAMES)
        soundfile.write(folder / f"{name}.wav", samples, rate)
    (folder / "LICENSE").write_text("".join(f"{name}.wav\nPublic domain\n\n" for name in names))
    notes = {"music": "rock,pop Y Some_Artist", "speech": "m english x", "noise": "Door"}
    note = notes[stem.partition("-")[0]]
    (folder / "ANNOTATIONS").write_text("".join(f"{name} {note}\n" for name in names))


def make_rirs(rirs: Path, musan: Path) -> None:
    """Write simulated rooms, and some real ones with several channels and noises."""
    prepare_rirs.main(["--rooms", "2", "--rirs-per-room", "2", str(rirs)])
    rooms = sorted((rirs / "simulated_rirs").glob("*room/Room*/*.wav"))
    for folder in (rirs / "simulated_rirs").iterdir():
        (folder / "room_info").write_text("RoomX 5.0 RoomY 4.0 RoomZ 3.0\n")
    real = rirs / "real_rirs_isotropic_noises"
    real.mkdir()
    response, rate = soundfile.read(rooms[0])
    names = [f"RVB2014_type1_rir_largeroom1_{place}_angla.wav" for place in ("far", "near")]
    for name in names:
        soundfile.write(real / name, np.stack([response] * 8, axis=1), rate)
    _write_list(real / "rir_list", rirs, [real / name for name in names], "--rir-id {} --room-id R")
    noises = sorted((musan / "noise").rglob("*.wav"))[:2]
    points = rirs / "pointsource_noises"
    points.mkdir()
    for noise in noises:
        shutil.copyfile(noise, points / noise.name)
        shutil.copyfile(noise, real / f"RVB2014_type1_noise_{noise.name}")
    _write_list(points / "noise_list", rirs, sorted(points.glob("*.wav")),
                "--noise-id {} --noise-type point-source --bg-fg-type foreground")  # fmt: skip
    _write_list(real / "noise_list", rirs, sorted(real.glob("*noise*.wav")),
                "--noise-id {} --noise-type isotropic --room-linkage R")  # fmt: skip


def _write_list(path: Path, rirs: Path, files: list[Path], options: str) -> None:
    names = (file.relative_to(rirs.parent) for file in files)
    lines = (f"{options.format(number)} {name}\n" for number, name in enumerate(names))
    path.write_text("".join(lines))
