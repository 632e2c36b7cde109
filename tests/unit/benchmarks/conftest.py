"""A small corpus with noises and rooms for the benchmarks that make inputs of their own."""

from pathlib import Path

import pytest

from benchmarks.online_inputs import make_inputs, write_data_dir
from tests.recordings import write_noise

NUM_FILES = 9


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
