"""CPU seconds and memory of everything that reads or writes tables, at VoxCeleb's full size.

    python -m benchmarks.full_size --work /large/disk/full_size

No audio: tables of 1,092,009 utterances of 5,994 speakers, five copies of them, 1.17 million
trials, made at each of ``--scales`` below ``--work``, and removed at the end. Each line is a
command as scripts call it; memory is that of its largest process. ``run.sh`` runs in a checkout
whose steps write tables instead of reading audio; its tables are in their places before. Its second
run finds everything done. ``--only`` names some of the lines, for what they need, too.
"""

import argparse
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.full_size_checkout import make_checkout
from benchmarks.timing import ENVIRONMENT, markdown_table

SET = "tables/train"
FIVE = "data/full/train_aug"
STEPS = {
    "validate_data_dir.sh": f"utils/validate_data_dir.sh --no-text {SET}",
    "copy_data_dir.sh": f"utils/copy_data_dir.sh {SET} tables/copy",
    "fix_data_dir.sh, a hundredth missing": "utils/fix_data_dir.sh tables/broken",
    "utt2spk_to_spk2utt.sh": f"utils/utt2spk_to_spk2utt.sh {SET}/utt2spk",
    "spk2utt_to_utt2spk.sh": f"utils/spk2utt_to_utt2spk.sh {SET}/spk2utt",
    "subset_data_dir.sh, a tenth": f"utils/subset_data_dir.sh {SET} {{tenth}} tables/tenth",
    "subset_data_dir.sh --per-spk": f"utils/subset_data_dir.sh --per-spk {SET} 20 tables/each",
    "subset_data_dir.sh --spk-list": "utils/subset_data_dir.sh --spk-list tables/tenth/spk2utt "
    f"{SET} tables/some",
    "split_data.sh, 48 parts": f"utils/split_data.sh {SET} 48",
    "perturb_data_dir_speed.sh": f"utils/perturb_data_dir_speed.sh 0.9 {SET} tables/slow",
    "combine_data.sh, two sets": f"utils/combine_data.sh tables/both {SET} tables/slow",
    "make-trials": f"python -m speakernet.bin.make_trials {SET}/utt2spk tables/drawn",
    "make_musan.sh": "steps/data/make_musan.sh tables/musan tables/noises",
}
RUN = "bash run.sh --recipe egs/full/stored --nj 2 --data-root tables"
STEPS |= {
    f"run.sh, stage {number}": f"{RUN} --stage {number} --stop-stage {number}"
    for number in range(1, 9)
}
STEPS |= {
    "run.sh again, everything done": RUN,
    "run.sh --plan": f"{RUN} --plan true",
    "validate_data_dir.sh, five copies": f"utils/validate_data_dir.sh --no-feats --no-text {FIVE}",
    "copy_data_dir.sh, five copies": f"utils/copy_data_dir.sh {FIVE} tables/copy_aug",
    "split_data.sh, five copies": "utils/split_data.sh tables/copy_aug 48",
    "utterances of training, five copies": f"python -m benchmarks.full_size_index {FIVE}",
}


def main() -> None:
    """Measure at each scale and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--only", default="", help="a regular expression of lines")
    parser.add_argument("--keep", action="store_true", help="the tables")
    args = parser.parse_args()
    columns = {scale: dict(measure(args, scale)) for scale in args.scales}
    print(table(columns))


def measure(args: argparse.Namespace, scale: float) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the name, CPU seconds and MB of each line."""
    folder = args.work.absolute() / f"{scale:g}"
    make_checkout(folder)
    tables = folder / "tables"
    if not tables.is_dir():
        # A process of its own: what this one has used counts as used by the programs it starts.
        run(f"python -m benchmarks.full_size_tables {tables} {scale}", folder)
    for name, command in STEPS.items():
        if re.search(args.only, name):
            yield name, run(command.format(tenth=int(109_200 * scale)), folder)
    if not args.keep:
        shutil.rmtree(folder)


def run(command: str, place: Path) -> tuple[float, float]:
    """Return the CPU seconds of a command's processes and the MB of the largest."""
    begun = time.monotonic()
    with open(place / "log", "ab") as log:
        process = subprocess.Popen(
            command.split(), cwd=place, env=ENVIRONMENT, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed; see {place}/log")
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    wall = time.monotonic() - begun
    print(f"{command}: {seconds:.1f} CPU s, {wall:.1f} s, {megabytes:.0f} MB", flush=True)
    return seconds, megabytes


def table(columns: dict[float, dict[str, tuple[float, float]]]) -> str:
    """Return a row for each line: CPU seconds and MB at each scale."""
    header = ["what"]
    for scale in columns:
        header += [f"CPU s at {scale:g}", f"MB at {scale:g}"]
    rows = []
    for name in next(iter(columns.values())):
        row = [f"`{name}`"]
        for column in columns.values():
            row += [f"{column[name][0]:.1f}", f"{column[name][1]:.0f}"]
        rows.append(row)
    return markdown_table(header, rows)


if __name__ == "__main__":
    main()
