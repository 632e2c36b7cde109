"""A run that is planned: two sets of noise, a small network, and the lines that run.sh lists."""

from collections.abc import Callable
from pathlib import Path

import pytest

from speakernet.config import dump_config
from speakernet.planning.plan import PlanFiles
from speakernet.recipe import Recipe
from speakernet.recipe.resolving import stage_values
from tests.unit.prepare.recordings import write_data_dir, write_waveform

FEATURES = "steps/make_set_features.sh --nj 2 fbank80"


def recipe(**settings: object) -> Recipe:
    """Return a recipe of a small network without copies."""
    small = {"epochs": 2, "batch_size": 8, "utterances_per_epoch": 64, "num_threads": 1}
    given = {"model": {"name": "tdnn_c8"}, "loss": {"name": "cm"}, "copies": (), "train": small,
             "scoring": {"normalization": "none"}}  # fmt: skip
    return Recipe.model_validate({**given, **settings})


@pytest.fixture(autouse=True)
def _measured_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speakernet.planning.audio_rates._ENOUGH_S", 0.02)
    monkeypatch.setattr("speakernet.planning.network_rates._ENOUGH_S", 0.02)


@pytest.fixture
def make_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PlanFiles]:
    """Write the world; the function writes products, one ``stage|product|inputs|command`` each."""
    for name, count in (("train", 6), ("test", 4)):
        entries = {}
        for number in range(count):
            write_waveform(tmp_path / f"wav/{name}{number}.wav", 1.5 + number, number)
            entries[f"s{number // 2}-{number}"] = f"{tmp_path}/wav/{name}{number}.wav"
        write_data_dir(tmp_path / "data" / name, entries)
        rows = (f"{key} {1.5 + number}\n" for number, key in enumerate(sorted(entries)))
        (tmp_path / "data" / name / "reco2dur").write_text("".join(rows))
    (tmp_path / "data/test/trials").write_text("s0-0 s0-1 target\ns0-0 s1-2 nontarget\n")

    def make(lines: list[str], settings: Recipe | None = None, **others: object) -> PlanFiles:
        chosen = settings or recipe()
        (tmp_path / "new/exp/settings").mkdir(parents=True, exist_ok=True)
        (tmp_path / "new/exp/recipe.yaml").write_text(dump_config(chosen))
        (tmp_path / "new/exp/settings/stages").write_text(
            "|".join(stage_values(chosen).values()) + "\n"
        )
        products = "".join(_product_line(line, tmp_path) for line in lines)
        (tmp_path / "products").write_text(products)
        given = {
            "trials": [tmp_path / "data/test/trials"], "musan_root": None, "rirs": None,
            "enroll_spk2utt": None, "estimate": None,
            "cmd": ["utils/run.pl"], "nj": 2, "nproc": 1, "measure": True,
            **others,
        }  # fmt: skip
        places = (tmp_path / name for name in ("products", "new", "data", "exp"))
        return PlanFiles(*places, "test", "train", **given)  # type: ignore[arg-type,call-arg]

    return make


def _product_line(line: str, folder: Path) -> str:
    stage, product, inputs, command = line.split("|")
    options = [f"--input={folder}/{name}" for name in inputs.split()]
    words = [f"{folder}/{w[2:]}" if w.startswith("@/") else w for w in command.split()]
    return "\t".join([stage, f"{folder}/{product}", *options, "--", *words]) + "\n"
