"""The forms in which the corpora circulate, made of their trees."""

import io
import shutil
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.miniature.recordings import PARTS

# Where a tree's speakers are in its archive.
_INSIDE = dict(zip(PARTS, ("wav", "wav", "dev/aac", "aac"), strict=True))
_NOISES = ("musan", "RIRS_NOISES")
_OTHERS = ("voxceleb1_cd", "VoxSRC2022_dev")
FORMS = ("archives", "joined", "two_zips", "trees", "upper_case", "converted")


def arrange(trees: Path, out: Path, form: str) -> None:
    """Move or pack what is in ``trees`` to the data root ``out``.

    archives: the parts that are distributed; joined: whole zips, and noises as archives, too;
    two_zips: VoxCeleb2 cut by speakers; trees: all unpacked; upper_case: in VoxCeleb1 and
    VoxCeleb2; converted: wav files made of m4a files, beside them.
    """
    for name in _OTHERS:
        (trees / name).rename(out / name)
    if form in ("archives", "joined", "two_zips"):
        _pack_noises(trees, out)
        _pack(trees, out, form)
        return
    for name in _NOISES:
        (trees / name).rename(out / name)
    names = {
        "trees": ("voxceleb1", "voxceleb2"),
        "upper_case": ("VoxCeleb1", "VoxCeleb2"),
        "converted": ("voxceleb1", "voxceleb2_m4a"),
    }[form]
    for name, target in zip(("voxceleb1", "voxceleb2"), names, strict=True):
        (trees / name).rename(out / target)
    if form == "converted":
        _convert(out / "voxceleb2_m4a", out / "voxceleb2_wav")


def _pack(trees: Path, out: Path, form: str) -> None:
    parts = [_zipped(trees, part) for part in PARTS]
    (out / "vox1_test_wav.zip").write_bytes(parts[1])
    (out / "vox2_test_aac.zip").write_bytes(parts[3])
    if form == "archives":
        split(out / "vox1_dev_wav_part", parts[0], 4)
        split(out / "vox2_dev_aac_part", parts[2], 8)
    else:
        (out / "vox1_dev_wav.zip").write_bytes(parts[0])
    if form == "joined":
        (out / "vox2_aac.zip").write_bytes(parts[2])
    if form == "two_zips":
        speakers = sorted(path.name for path in (trees / PARTS[2]).iterdir())
        for number in range(2):
            some = _zipped(trees, PARTS[2], speakers[number::2])
            (out / f"vox2_aac_{number + 1}.zip").write_bytes(some)


def _zipped(trees: Path, part: str, speakers: Iterable[str] | None = None) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((trees / part).rglob("*.*")):
            name = file.relative_to(trees / part)
            if file.is_file() and (speakers is None or name.parts[0] in speakers):
                archive.write(file, Path(_INSIDE[part], name))
    return content.getvalue()


def split(stem: Path, content: bytes, num_parts: int) -> None:
    """Write parts aa, ab, … of one size, but for the last, as ``split`` does."""
    size = -(-len(content) // num_parts)
    for number in range(num_parts):
        path = stem.with_name(f"{stem.name}a{'abcdefgh'[number]}")
        path.write_bytes(content[number * size : (number + 1) * size])


def _pack_noises(trees: Path, out: Path) -> None:
    with tarfile.open(out / "musan.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(trees / "musan", "musan")
    name = shutil.make_archive(str(out / "rirs_noises"), "zip", trees, "RIRS_NOISES")
    Path(name).rename(out / "rirs_noises.zip")


def _convert(source: Path, target: Path) -> None:
    import av
    import soundfile

    for file in source.rglob("*.m4a"):
        wav = target / file.relative_to(source).with_suffix(".wav")
        wav.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(file)) as container:
            frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        samples = [sample for frame in frames for sample in frame.tolist()]
        soundfile.write(wav, samples, 16000)
