"""gpu.sh, with stand-ins for GPUs, as none is at hand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from benchmarks import train_step
from speakernet.nn.models import MODELS

ROOT = Path(__file__).parents[3]
# Notes its arguments; says that there are GPUs if its copy is to see any; one part fails.
PYTHON = """#!/usr/bin/env bash
case "$*" in
  *is_available*) exit {blind} ;;
  *device_count*) echo {gpus}; exit ;;
esac
echo "$*" >>{calls}
case "$*" in *"ours ours_eager inference"*) exit 3 ;; esac
"""


class Machine:
    """A folder with gpu.sh, and programs that stand for Python and NVIDIA's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        for file in ("benchmarks/gpu.sh", "utils/common.sh"):
            (folder / file).parent.mkdir()
            shutil.copy(ROOT / file, folder / file)
        self.add_program("bin/nvidia-smi", "#!/bin/sh\necho A stand-in\n")

    def add_program(self, name: str, text: str) -> None:
        """Write a program."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def add_python(self, name: str, *, gpus: int) -> None:
        """Write a Python that sees so many GPUs."""
        text = PYTHON.format(blind=int(gpus == 0), gpus=gpus, calls=self.calls)
        self.add_program(name, text)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run gpu.sh."""
        return subprocess.run(
            ["bash", "benchmarks/gpu.sh", "out/gpu.json"],
            cwd=self.folder,
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )

    def parts(self) -> list[list[str]]:
        """Return the arguments of each call."""
        return [line.split() for line in self.calls.read_text().splitlines()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without Python."""
    return Machine(tmp_path)


@pytest.mark.parametrize(("gpus", "processes"), [(1, ["1"]), (2, ["2", "2"])])
def test_a_failed_part_is_said_and_the_others_run(
    machine: Machine, gpus: int, processes: list[str]
) -> None:
    machine.add_python("bin/python3", gpus=gpus)
    result = machine.run()
    assert result.returncode == 1
    (said,) = result.stderr.splitlines()
    assert said.startswith("== failed or cut off after 90 s: python3 -m benchmarks.train_step ")
    assert result.stdout.splitlines()[-1] == "results: out/gpu.json"
    distributed = [part for part in machine.parts() if "torch.distributed.run" in part]
    assert len(machine.parts()) == 7 + len(distributed) - 1
    assert [part[part.index("--nproc-per-node") + 1] for part in distributed] == processes


def test_the_programs_take_the_arguments(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.add_python("bin/python3", gpus=2)
    machine.run()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    steps = [part for part in machine.parts() if "benchmarks.train_step" in part]
    assert len(steps) == 5
    for part in steps:
        name = part.index("benchmarks.train_step")
        monkeypatch.setattr("sys.argv", part[name:])
        args = train_step._arguments()
        assert set(args.models) <= set(MODELS.names())
        assert args.json == Path("out/gpu.json")


def test_the_parts_end_in_time() -> None:
    text = (ROOT / "benchmarks/gpu.sh").read_text()
    limits = re.findall(r"^ *part (\d+) ", text, re.MULTILINE)
    assert sum(map(int, limits)) <= 580


def test_path_sh_makes_a_python_only_where_none_sees_the_gpu(machine: Machine) -> None:
    machine.add_python("bin/python3", gpus=0)
    machine.add_python("new/python", gpus=1)
    (machine.folder / "path.sh").write_text("mkdir -p .venv/bin && cp new/python .venv/bin\n")
    assert "== .venv/bin/python -m benchmarks.train_step " in machine.run().stdout


def test_no_gpu_ends_it(machine: Machine) -> None:
    machine.add_python("bin/python3", gpus=0)
    machine.add_program("bin/nvidia-smi", "#!/bin/sh\nexit 9\n")
    result = machine.run()
    assert (result.returncode, result.stderr) == (1, "gpu.sh: error: no NVIDIA GPU here\n")
    assert not machine.calls.exists()
