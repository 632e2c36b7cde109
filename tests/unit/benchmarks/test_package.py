"""The programs of the GPU's benchmarks run from beginning to end: tiny, on a CPU."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
TINY_STEP = "--device cpu --models tdnn_c128 --batch-size 2 --accumulate 1 --num-frames 50"
TINY_STEP += " --num-classes 10 --repeats 1"

Run = Callable[..., str]


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file."""
    return json.loads(path.read_text())


def test_train_step_measures_what_the_file_lacks(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "step.json"
    arguments = [*TINY_STEP.split(), "--json", out, "--ways"]
    assert "| tdnn_c128 | plain_fp32 | " in run("train_step", *arguments, "plain_fp32")
    printed = run("train_step", *arguments, "plain_fp32", "ours_eager")
    assert f"{out} has of tdnn_c128: plain_fp32" in printed
    plain, ours = read(out)
    assert (plain["way"], ours["way"]) == ("plain_fp32", "ours_eager")
    for record in (plain, ours):
        assert record["error"] == ""
        assert record["seconds_per_update"] > 0
        assert record["utterances_per_second"] > 0
        assert record["counted_launches"] > 100


def test_step_counts_prints_a_table(run: Run) -> None:
    header, _, row = run("step_counts", "tdnn_c128", "--num-classes", 10).splitlines()
    assert header.startswith("| network | million parameters | kernels a micro-batch |")
    network, *numbers = row.strip("| ").split(" | ")
    assert network == "tdnn_c128"
    assert all(float(number.replace(",", "")) >= 0 for number in numbers)


def test_all_reduce_of_two_processes_and_of_one(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "message.json"
    arguments = ["--models", "tdnn_c128", "--num-classes", 10, "--repeats", 1, "--json", out]
    torchrun = "-m torch.distributed.run --standalone --local-addr localhost --nproc-per-node 2 -m"
    command = [sys.executable, *torchrun.split(), "benchmarks.all_reduce", *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    run("all_reduce", *arguments)
    assert [record["processes"] for record in read(out)] == [2, 1]
    assert all(record["seconds"] > 0 and record["bytes"] > 1e6 for record in read(out))


def test_strided_split_measures_what_the_file_lacks(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "split.json"
    arguments = ["--device", "cpu", "--batch-size", 1, "--repeats", 1, "--json", out]
    assert "| w8_s6: 5 × 16 channels, 200 × 80 | " in run("strided_split", *arguments)
    records = read(out)
    assert len(records) == 6
    assert all(record[f"seconds_{form}"] > 0 for record in records for form in ("grouped", "dense"))
    out.write_text(json.dumps(records[1:]))
    run("strided_split", *arguments)
    assert [record["case"] for record in read(out)[-2:]] == [
        records[-1]["case"],
        records[0]["case"],
    ]


def test_loader_counts_crops(run: Run, tmp_path: Path) -> None:
    small = "--num-utts 1024 --num-matrices 12 --num-arks 3 --num-crops 256 --repeats 1"
    printed = run("loader", *small.split(), "--out", tmp_path)
    result = json.loads((tmp_path / "loader.json").read_text())
    assert result["crops/s, permutation with CMN"] > 0
    assert result["open files after 1024 crops"] > 0
    assert all(f"| {name} | " in printed for name in result)


def test_libraries_are_measured_side_by_side(run: Run) -> None:
    printed = run("libraries", "--trials", 300, "--repeats", 1)
    for name in ("sklearn.isotonic", "pav_llrs", "torchaudio MelSpectrogram", "signal/resample.py"):
        assert f"| {name}" in printed
    differences = [line.split(": ")[1] for line in printed.splitlines() if "difference" in line]
    assert len(differences) == 2 and all(float(number) < 1e-5 for number in differences)
