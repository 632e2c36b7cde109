"""Runs of benchmarks, and a small corpus with noises and rooms for those that make their inputs."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
import torch

from benchmarks.online_inputs import make_inputs, write_data_dir
from tests.recordings import write_noise

NUM_FILES = 9

Run = Callable[..., str]


@pytest.fixture(scope="session")
def online_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs for benchmarks of readers; beside them RIRS_NOISES, of one room of each size."""
    folder = tmp_path_factory.mktemp("online inputs")
    entries = {}
    for number, speaker in enumerate(("anna", "anna", "bo", "bo", "cy")):
        path = folder / f"{speaker}-{number}.wav"
        write_noise(path, number, 16_000 + 4_000 * number)
        entries[f"{speaker}-{number}"] = str(path)
    write_data_dir(folder / "train", entries)
    for number, part in enumerate(("noise", "music", "speech")):
        (folder / "musan" / part / "some").mkdir(parents=True)
        write_noise(folder / "musan" / part / "some" / f"{part}-0.wav", number, 50_000)
    for number, room in enumerate(("smallroom", "mediumroom")):
        location = f"RIRS_NOISES/simulated_rirs/{room}/r.wav"
        (folder / location).parent.mkdir(parents=True)
        write_noise(folder / location, number, 2_000)
        rir_list = folder / "RIRS_NOISES/simulated_rirs" / room / "rir_list"
        rir_list.write_text(f"--rir-id {room} --room-id {room} {location}\n")
    make_inputs(folder / "work", folder, NUM_FILES)
    return folder / "work"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A function that runs a module of the package in this process, where torch is loaded, and
    returns what it printed.
    """

    def call(module: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
        import_module(f"benchmarks.{module}").main()
        return capsys.readouterr().out

    num_threads = torch.get_num_threads()
    yield call
    torch.set_num_threads(num_threads)


@pytest.fixture
def run_online(run: Run, online_work: Path) -> Run:
    """``run`` for benchmarks of readers, with the options that name the small corpus."""

    def call(module: str, *more: object) -> str:
        rooms = online_work.parent / "RIRS_NOISES"
        return run(module, "--work", online_work, "--rirs", rooms, *more)

    return call
