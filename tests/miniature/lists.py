"""The official lists: trials of VoxCeleb1 and VoxSRC, and tables of speakers."""

import itertools
import random
import shutil
from pathlib import Path

from tests.miniature.recordings import PARTS, Trees

_EACH = 12
_VOX1 = {
    "veri_test2.txt": PARTS[1:2],
    "list_test_all2.txt": PARTS[:2],
    "list_test_hard2.txt": PARTS[:2],
    "voxsrc2021_val.txt": PARTS[:2],
}
_ORIGINALS = ("veri_test", "list_test_all", "list_test_hard")


def write_lists(out: Path, folder: Path, trees: Trees, rng: random.Random) -> None:
    """Write all lists, and the recordings of VoxSRC below ``folder``."""
    for name, parts in _VOX1.items():
        speakers = {s: files for part in parts for s, files in trees[part].items()}
        _write(out / name, _draw(speakers, rng))
    for name in _ORIGINALS:  # those of the cleaned list, and a few more
        extra = "".join((out / "voxsrc2021_val.txt").read_text().splitlines(keepends=True)[:2])
        text = (out / f"{name}2.txt").read_text()
        (out / f"{name}.txt").write_text(text + (extra if name != "veri_test" else ""))
    _write_voxsrc(out, folder, trees, rng)
    _write_tables(out, trees)


def _draw(speakers: dict[str, list[str]], rng: random.Random) -> list[tuple[int, str, str]]:
    """Return up to so many targets, and as many nontargets."""
    files = [file for some in speakers.values() for file in some]
    pairs = list(itertools.combinations(sorted(files), 2))
    same = [pair for pair in pairs if pair[0][:7] == pair[1][:7]]
    other = [pair for pair in pairs if pair[0][:7] != pair[1][:7]]
    trials = [
        (label, *pair)
        for label, some in ((1, same), (0, other))
        for pair in rng.sample(some, min(_EACH, len(same), len(other)))
    ]
    return sorted(trials, key=lambda trial: trial[1:])


def _write(path: Path, trials: list[tuple[int, str, str]]) -> None:
    path.write_text("".join(f"{label} {one} {two}\n" for label, one, two in trials))


def _write_voxsrc(out: Path, folder: Path, trees: Trees, rng: random.Random) -> None:
    """2020 has more recordings of some of VoxCeleb1's speakers, 2022 those of nobody in it."""
    files = [file for some in trees[PARTS[0]].values() for file in some]
    beyond = [f"voxceleb1_cd/{file[:7]}/{number:06d}.wav" for number, file in enumerate(files[:4])]
    unknown = [f"VoxSRC2022_dev/dev_{number:05d}.wav" for number in range(4)]
    for name, source in zip([*beyond, *unknown], files * 2, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / PARTS[0] / source, folder / name)
    trials = [(1, f"voxceleb1/{files[0]}", beyond[0]), (0, f"voxceleb1/{files[-1]}", beyond[1])]
    _write(out / "voxsrc2020_dev.txt", trials)
    pairs = _draw({files[0][:7]: files[:2], files[-1][:7]: files[-2:]}, rng)
    _write(
        out / "voxsrc2022_dev.txt",
        [*pairs, (0, unknown[0], unknown[1]), (1, unknown[2], unknown[3])],
    )


def _write_tables(out: Path, trees: Trees) -> None:
    vox1 = ["VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n"]
    vox2 = ["VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set\n"]
    for part, speakers in trees.items():
        role = part.split("/")[1]
        for speaker in speakers:
            if part.startswith("voxceleb1"):
                vox1.append(f"{speaker}\tSome_One\tf\tIreland\t{role}\n")
            else:
                vox2.append(f"{speaker} ,n00{speaker[3:]} ,f ,{role}\n")
    (out / "vox1_meta.csv").write_text("".join(vox1))
    (out / "vox2_meta.csv").write_text("".join(vox2))
