"""What stages 2 and 3 cost for VoxCeleb2 from m4a: CPU hours, computed from a sample of files.

    python -m benchmarks.online_inputs --work /tmp/bench_audio --data data/debian_voices
    python -m benchmarks.stored_copies --work /tmp/bench_audio --rirs data/debian_voices/RIRS_NOISES

Runs their steps by one job each: copies (durations, lists, noises and rooms of each copy), features
of the source and its four copies, and the clean features once more, for fine-tuning. Each is run
with 8 files, too, which tells what does not grow; the rest is multiplied. CPU seconds are those of
all processes, among them the decoders.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.online_inputs import write_data_dir
from benchmarks.timing import ROOT, cpu_seconds, markdown_table
from speakernet.audio.files import audio_length
from speakernet.kaldi.tables import read_table

NUM_SMALL = 8
VOX2_FILES, VOX2_HOURS = 1_092_009, 2360


def main() -> None:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="what online_inputs has made")
    parser.add_argument("--rirs", type=Path, default=ROOT / "data/debian_voices/RIRS_NOISES")
    parser.add_argument("--num-files", type=int, default=2000)
    parser.add_argument("--form", choices=("m4a_commands", "m4a", "wav"), default="m4a_commands")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    args.work, args.rirs = args.work.absolute(), args.rirs.absolute()
    entries = read_entries(args)
    seconds = {count: run_stages(args, entries, count) for count in (NUM_SMALL, args.num_files)}
    rows = extrapolate(seconds[NUM_SMALL], seconds[args.num_files], args.num_files - NUM_SMALL)
    print(table(rows, args.num_files, mean_seconds(args.work, args.num_files)))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


def read_entries(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the entries of the files; SystemExit if they are too few."""
    entries = list(read_table(args.work / args.form / "wav.scp").items())
    if len(entries) < args.num_files:
        found = f"found {len(entries)} files, not {args.num_files}"
        raise SystemExit(f"{args.work / args.form}: {found}; benchmarks.online_inputs makes more")
    return entries


def run_stages(
    args: argparse.Namespace, entries: list[tuple[str, str]], num_files: int
) -> dict[str, float]:
    """Return the CPU seconds of each step with ``num_files`` of the entries."""
    with tempfile.TemporaryDirectory(dir=args.work) as name:
        folder = Path(name)
        step = len(entries) / num_files  # of all speakers
        chosen = [entries[int(number * step)] for number in range(num_files)]
        write_data_dir(folder / "train", dict(chosen))
        return {title: cpu_seconds(command) for title, command in steps(args, folder).items()}


def steps(args: argparse.Namespace, folder: Path) -> dict[str, list[str]]:
    """Return the command of each step, in their order."""
    noises = ["--musan", str(args.work / "musan"), "--rirs", str(args.rirs)]
    source, target = str(folder / "train"), str(folder / "train_aug")
    features = ["steps/make_set_features.sh", "--nj", "1", "fbank80"]
    return {
        "stage 2, copies": ["steps/augment_data_dir.sh", "--nj", "1", *noises, source, target],
        "stage 3, five copies": [*features, target, str(folder / "fbank80/train_aug")],
        "stage 3, clean": [*features, source, str(folder / "fbank80/train")],
    }


def extrapolate(
    small: dict[str, float], large: dict[str, float], difference: int
) -> dict[str, dict[str, float]]:
    """Return for each step the CPU seconds that are fixed, those of a file, and VoxCeleb2's hours.

    ``difference``: how many files more the large run has.
    """
    rows = {}
    for step, total in large.items():
        each = (total - small[step]) / difference
        fixed = small[step] - NUM_SMALL * each
        rows[step] = {
            "fixed_s": fixed,
            "file_s": each,
            "vox2_h": (fixed + VOX2_FILES * each) / 3600,
        }
    return rows


def mean_seconds(work: Path, num_files: int) -> float:
    """Return the mean duration of the files."""
    paths = list(read_table(work / "wav/wav.scp").values())[:num_files]
    return sum(samples / rate for samples, rate in map(audio_length, paths)) / len(paths)


def table(rows: dict[str, dict[str, float]], num_files: int, mean_s: float) -> str:
    """Return a row of each step and their sum."""
    cells = [
        [step, f"{row['fixed_s']:.1f}", f"{1e3 * row['file_s']:.2f}", f"{row['vox2_h']:.1f}"]
        for step, row in rows.items()
    ]
    total = [sum(row[key] for row in rows.values()) for key in ("fixed_s", "file_s", "vox2_h")]
    cells.append(["all", f"{total[0]:.1f}", f"{1e3 * total[1]:.2f}", f"{total[2]:.1f}"])
    header = ["step", "fixed, CPU s", "CPU ms a file", f"core hours of {VOX2_FILES:,} files"]
    vox2_s = 3600 * VOX2_HOURS / VOX2_FILES
    title = f"{num_files:,} files of {mean_s:.2f} s in the mean (VoxCeleb2's have {vox2_s:.2f} s)"
    return f"{title}\n\n{markdown_table(header, cells)}"


if __name__ == "__main__":
    main()
