"""Wall time and memory from embeddings to all scores and figures, at VoxCeleb's size.

Makes synthetic embeddings (1,092,009 of 5,994 cohort speakers and 150,000 test utterances, 256
dimensions) and trial lists as long as Vox1-O, -E and -H (cleaned), then runs the programs that a
recipe runs: cohort means, cosine, AS-norm (top 400), EER, minDCF, actDCF, Cllr and minCllr.

    python benchmarks/scoring.py /tmp/scoring [--scale 0.01] [--bootstrap 1000]
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from speakernet.arrays import Indices

DIM = 256
NUM_COHORT, NUM_COHORT_SPEAKERS = 1_092_009, 5_994
NUM_TEST, NUM_TEST_SPEAKERS = 150_000, 1_251
TRIALS = {"vox1_o": (18_802, 18_809), "vox1_e": (289_921, 289_897), "vox1_h": (275_488, 275_406)}
SPREAD = 1.6  # of utterances around their speaker, whose own spread is 1

RECIPE = """\
features: fbank80
model: {name: tdnn, embedding_dim: 256}
loss: {name: cm}
scoring: {cohort: speakers, normalization: asnorm, top_n: 400}
"""


def main() -> None:
    """Make the data unless it is there, run the programs, print seconds and memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of utterances")
    parser.add_argument("--bootstrap", type=int, default=0)
    args = parser.parse_args()
    if not (args.folder / "done").exists():
        make_data(args.folder, args.scale)
    trials = [str(args.folder / "test" / name) for name in TRIALS]
    exp = str(args.folder / "exp")
    total = measure(
        "score", "--cohort-embeddings", str(args.folder / "cohort"),
        "--cohort-utt2spk", str(args.folder / "cohort" / "utt2spk"),
        exp, *trials, str(args.folder / "test"), f"{exp}/scores",
    )  # fmt: skip
    total += measure("results", exp, *trials, "--bootstrap", str(args.bootstrap))
    print(f"total {total:.1f} s")


def measure(program: str, *arguments: str) -> float:
    """Run a program; print and return its wall seconds."""
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", f"speakernet.bin.{program}", *arguments])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{program} failed")
    wall, cpu = time.monotonic() - start, usage.ru_utime + usage.ru_stime
    print(f"{program}: {wall:.1f} s wall, {cpu:.1f} s CPU, {usage.ru_maxrss / 2**20:.2f} GB")
    return wall


def make_data(folder: Path, scale: float) -> None:
    """Write embeddings, tables, trial lists and a recipe."""
    generator = np.random.default_rng(0)
    (folder / "exp").mkdir(parents=True, exist_ok=True)
    (folder / "exp" / "recipe.yaml").write_text(RECIPE)
    make_set(folder / "cohort", int(NUM_COHORT * scale), NUM_COHORT_SPEAKERS, generator)
    speakers, ids = make_set(folder / "test", int(NUM_TEST * scale), NUM_TEST_SPEAKERS, generator)
    for name, counts in TRIALS.items():
        lines = make_trials(speakers, ids, counts, generator)
        (folder / "test" / name).write_text("\n".join(lines) + "\n")
    (folder / "done").touch()


def make_set(
    folder: Path, num: int, num_speakers: int, generator: np.random.Generator
) -> tuple[Indices, list[str]]:
    """Write embedding.ark, embedding.scp and utt2spk; return speakers (num,) and ids."""
    folder.mkdir(exist_ok=True)
    speakers = np.sort(generator.integers(num_speakers, size=num))
    speakers[:num_speakers] = np.arange(num_speakers)[:num]
    speakers.sort()
    ids = [f"id{s:05d}/{folder.name[:4]:_<11}/{i:07d}.wav" for i, s in enumerate(speakers)]
    centers = generator.standard_normal((num_speakers, DIM), dtype=np.float32)
    head = b" \0BFV \4" + np.int32(DIM).tobytes()
    entry = np.dtype([("id", f"S{len(ids[0])}"), ("head", f"V{len(head)}"), ("x", "<f4", DIM)])
    with open(folder / "embedding.ark", "wb") as ark:
        for start in range(0, num, 50_000):
            some = speakers[start : start + 50_000]
            entries = np.empty(len(some), entry)
            entries["id"] = ids[start : start + len(some)]
            entries["head"] = np.void(head)
            noise = generator.standard_normal((len(some), DIM), dtype=np.float32)
            entries["x"] = centers[some] + SPREAD * noise
            entries.tofile(ark)
    offset = len(ids[0]) + 1
    with open(folder / "embedding.scp", "w") as scp:
        scp.writelines(
            f"{name} {folder}/embedding.ark:{offset + row * entry.itemsize}\n"
            for row, name in enumerate(ids)
        )
    table = (f"{name} {name[:7]}\n" for name in ids)
    (folder / "utt2spk").write_text("".join(table))
    return speakers, ids


def make_trials(
    speakers: Indices,
    ids: list[str],
    counts: tuple[int, int],
    generator: np.random.Generator,
) -> list[str]:
    """Draw target and non-target pairs and mix them."""
    first = np.searchsorted(speakers, np.arange(speakers[-1] + 2))
    left = generator.integers(len(ids), size=counts[0])
    low, high = first[speakers[left]], first[speakers[left] + 1]
    right = low + (generator.random(counts[0]) * (high - low)).astype(np.intp)
    lines = [f"1 {ids[a]} {ids[b]}" for a, b in zip(left, right, strict=True)]
    while len(lines) < sum(counts):
        a, b = generator.integers(len(ids), size=2)
        if speakers[a] != speakers[b]:
            lines.append(f"0 {ids[a]} {ids[b]}")
    return [lines[i] for i in generator.permutation(len(lines))]


if __name__ == "__main__":
    main()
