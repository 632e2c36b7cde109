"""A tiny corpus and experiment of every kind of file that commands read, all paths relative.

``make_world`` writes it below the working folder, so that any copy of it works after ``chdir``.
"""

import json
import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import torch

from tests.published_states import TDY_NAME, tdy_state, wespeaker_state
from tests.recordings import write_noise
from tests.tiny_experiment import make
from tests.training.corpus import write_recipe
from tests.waveform_experiment import make_experiment

REPOSITORY = Path(__file__).parents[2]
UTTERANCES = [f"s{speaker}-{number}" for speaker in range(3) for number in range(2)]


def make_world() -> None:
    """Write the world below the working folder."""
    make(Path("."))
    _recordings()
    _rooms()
    _musan()
    _options()
    _training()
    _embeddings_and_scores()
    _features()
    _results()
    _package()
    _phonemes()
    _run()
    _product()
    _checked()
    Path("out").mkdir()


def call(command: str, *words: str) -> int:
    """Run a command in this process; returns its status."""
    module = import_module(f"speakernet.bin.{command.replace('-', '_')}")
    return int(module.main(list(words)))


def _write(path: str, lines: Iterable[str]) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _data_dir(folder: str, entries: dict[str, str], owners: dict[str, str]) -> None:
    _write(f"{folder}/wav.scp", (f"{name} {entry}" for name, entry in entries.items()))
    _write(f"{folder}/utt2spk", (f"{name} {owner}" for name, owner in owners.items()))
    speakers: dict[str, list[str]] = {}
    for name, owner in owners.items():
        speakers.setdefault(owner, []).append(name)
    _write(f"{folder}/spk2utt", (f"{name} {' '.join(all_)}" for name, all_ in speakers.items()))


def _recordings() -> None:
    Path("wav").mkdir()
    for number, name in enumerate(UTTERANCES):
        write_noise(Path(f"wav/{name}.wav"), number, 3200 + 160 * number)
    entries = {name: f"wav/{name}.wav" for name in UTTERANCES}
    entries["s2-1"] = (
        "wav-reverberate --shift-output=true --impulse-response=rirs/small.wav "
        "--additive-signals='wav/s0-0.wav' --start-times='0' --snrs='10' wav/s2-1.wav - |"
    )
    owners = {name: name.split("-")[0] for name in UTTERANCES}
    _data_dir("data/wav", entries, owners)
    lengths = {name: f"{0.2 + 0.01 * number}" for number, name in enumerate(UTTERANCES)}
    for table in ("reco2dur", "utt2dur"):
        _write(f"data/wav/{table}", (f"{name} {text}" for name, text in lengths.items()))
    _data_dir("data/segments", entries, owners)
    _write("data/segments/segments", (f"{name} {name} 0.02 0.15" for name in UTTERANCES))
    _data_dir("data/noise", {"n0": "wav/s0-0.wav", "n1": "wav/s0-1.wav"}, {"n0": "n0", "n1": "n1"})
    _write("data/noise/reco2dur", ["n0 0.2", "n1 0.21"])
    _write("lists/utterances", UTTERANCES[:2])
    _write("lists/sessions", (f"{name} {name}" for name in UTTERANCES))
    _write("lists/speakers", ["s0", "s1"])
    _write("lists/spk2utt", ["m0 test00-1 test00-2", "m1 test01-0"])
    _write("lists/enrolled", ["m0 test02-0 nontarget", "m1 test01-1 target"])


def _rooms() -> None:
    Path("rirs").mkdir()
    for number, room in enumerate(("small", "large")):
        write_noise(Path(f"rirs/{room}.wav"), 90 + number, 400)
    rooms = ("small", "large")
    _write("rirs/rir_list", (f"--rir-id {r} --room-id {r} rirs/{r}.wav" for r in rooms))
    kinds = {"n0": "point-source --bg-fg-type foreground", "n1": "point-source"}
    for room in ("smallroom", "mediumroom"):
        Path(f"rirs/{room}_rir_list").write_text(Path("rirs/rir_list").read_text())
    for kind in ("noise", "music", "speech"):
        _data_dir(f"data/musan_{kind}", {"n0": "wav/s0-0.wav"}, {"n0": "n0"})
    _write(
        "rirs/noise_list",
        (f"--noise-id {n} --noise-type {kind} wav/s0-0.wav" for n, kind in kinds.items()),
    )


def _musan() -> None:
    for number, part in enumerate(("noise", "music", "speech")):
        Path(f"musan/{part}/x").mkdir(parents=True)
        write_noise(Path(f"musan/{part}/x/{part}-0.wav"), 50 + number, 1600)
    _write("musan/music/x/ANNOTATIONS", ["music-0 rock Y someone"])


def _options() -> None:
    _write("options/fbank.conf", ["--num-mel-bins=8", "--sample-frequency=16000", "--dither=1"])
    _write("options/mfcc.conf", ["--num-ceps=8", "--use-energy=true"])
    _write("options/vad.conf", ["--vad-energy-threshold=5.5", "--vad-energy-mean-scale=0.5"])
    published = (REPOSITORY / "egs/voxceleb/published.tsv").read_text().splitlines()
    _write("published.tsv", published[:3])


def _training() -> None:
    train = {"epochs": 2, "batch_size": 8, "utterances_per_epoch": 16, "log_steps": 1}
    Path("recipes").mkdir()
    settings = {**train, "num_threads": 1, "tensorboard": False, "checkpoint_steps": 3}
    write_recipe(Path("recipes/recipe.yaml"), train=settings)
    Path("recipes/own.yaml").write_text("base: [recipe.yaml]\ndata: {num_workers: 0}\n")
    online = "data: {online_features: reader, num_frames: 10}\ntrain: {epochs: 1}\n"
    Path("recipes/online.yaml").write_text(f"base: [own.yaml]\n{online}")
    call("train", "recipes/own.yaml", "data/train", "trained")
    waveform = {
        "features": "waveform",
        "model": {"name": TDY_NAME, "embedding_dim": 8},
        "data": {
            "num_frames": 10,
            "num_workers": 0,
            "cmn_window": None,
            "online_augment": {"probability": 1.0},
        },
        "train": {**settings, "epochs": 1},
    }
    write_recipe(Path("recipes/waveform.yaml"), **waveform)
    Path("tdy.yaml").write_text("base: [base_tdy.yaml]\n")
    Path("base_tdy.yaml").write_text((REPOSITORY / "conf/tdy.yaml").read_text())
    torch.save({"model_state_dict": tdy_state()}, "published.model")
    Path("published").mkdir()
    torch.save(wespeaker_state(), "published/avg_model.pt")
    _write("egs/corpus/recipe/recipe.yaml", ["base: [../base.yaml]", "seed: 3"])
    Path("egs/corpus/base.yaml").write_text(Path("recipes/recipe.yaml").read_text())


def _embeddings_and_scores() -> None:
    for name in ("train", "test"):
        folder = f"exp/embeddings_{name}"
        call("extract-embeddings", "--job", "1", "exp", f"data/{name}", folder)
        call("extract-embeddings", "exp", f"data/{name}", folder)
        scores = "exp/scores" if name == "test" else "exp/calibration"
        if name == "test":
            call("extract-embeddings", "--job", "1", "exp", "data/test", "embedded")
        call("score", "exp", f"data/{name}/trials", folder, scores)
    Path("exp/calibration/trials").write_bytes(Path("data/train/trials").read_bytes())
    shutil.copytree("exp/calibration", "exp/scores/calibration")
    names = [line.split()[0] for line in Path("data/train/utt2spk").read_text().splitlines()]
    _write("lists/seconds", (f"{name} {4 + 5 * (i % 2)}" for i, name in enumerate(names)))


def _features() -> None:
    Path("parts").mkdir()
    call("compute-features", "--config", "options/fbank.conf", "fbank", "data/wav", "parts/fbank.1")
    call("compute-durations", "--job", "1", "data/wav", "parts/dur.1")
    call("pack-audio", "data/wav", "parts/audio.1")


def _results() -> None:
    call("results", "exp", "data/test/trials", "--utt2spk", "data/test/utt2spk")
    row = json.loads(Path("exp/results.json").read_text())[0]
    Path("corpus_exp/tdnn").mkdir(parents=True)
    Path("corpus_exp/tdnn/results.json").write_text(json.dumps([row, {**row, "model": "lm"}]))


def _package() -> None:
    cohort = "--cohort-embeddings exp/embeddings_train --cohort-utt2spk data/train/utt2spk"
    words = f"exp packages/voices {cohort} --features-config options/fbank.conf"
    Path("packages").mkdir()
    call("package", *words.split())
    enrolled = "packages/people packages/voices Bodo wav/s2-0.wav --check off"
    call("enroll", *enrolled.split())


def _phonemes() -> None:
    make_experiment(Path("dynamic"), "tdy_resnet10_sixteenth")
    make_experiment(Path("static"), "resnet10_sixteenth")
    phones = ((0, "AA"), (0.12, "S"))
    _write("lists/phones.ctm", (f"{u} 1 {t} 0.12 {p}" for u in UTTERANCES for t, p in phones))
    _write("lists/phone_classes", ["aa vowel", "s fricative"])


def _product() -> None:
    Path("product").mkdir()
    Path("product/file").write_text("content\n")
    words = ["--input", "data/wav/utt2spk", "--output", "file", "--pending", "pending.json"]
    call("product", "check", *words, "product", "--", "true")
    Path("removed").mkdir()
    Path("removed/file").write_text("content\n")
    words[-1] = "removed.json"
    call("product", "check", *words, "removed", "--", "true")
    call("product", "finish", "--output", "file", "--pending", "removed.json", "removed")
    _write("lists/removals", ["removed\tneeded-by\tremoved", "removed\tpart\tdata/noise"])
    job = "3 features,D/x,queue.pl,x.1.log,1,1,12.1,done,0,n1,1,2,60,55.5,2048,1,0"
    _write("lists/usage", ["\t".join(job.split(","))])


def _run() -> None:
    """What run.sh finds before its last stage."""
    _write(
        "egs/corpus/corpus.sh",
        ["test_set=test cohort_set=cohort trial_lists=trials", "prepare=(true)", "rirs_root=rirs"],
    )
    for source, target in (
        ("data/test/trials", "prepared/corpus/test/trials"),
        ("data/test/utt2spk", "prepared/corpus/test/utt2spk"),
        ("exp/scores/trials.cosine", "runs/corpus/recipe/scores/trials.cosine"),
    ):
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_bytes(Path(source).read_bytes())


def _checked() -> None:
    """A recipe that trains on recordings, for what looks at them before."""
    values = "wav|wav_sp|wav_sp_aug|fbank80|fbank80|reverb noise|0.9 1.1|1||false|false|true"
    _write("checked/settings/stages", [values])
    Path("checked/recipe.yaml").write_text(Path("exp/recipe.yaml").read_text())
    sets = {"wav_sp_aug": (60, 9, 15), "wav": (6, 3, 1.5)}
    rows = (f"set\t{name}\t{n}\t{s}\t{t}\twav/s0-0.wav" for name, (n, s, t) in sets.items())
    _write("checked/estimate", [*rows, "write\tout\t1000"])
    steps = {
        "out/wav_sp_aug": "steps/augment_data_dir.sh\t--copies\treverb\tdata/wav\tout/wav_sp_aug",
        "out/fbank80/wav": "steps/make_set_features.sh\tfbank80\tdata/wav\tout/fbank80/wav",
        "exp/embeddings": "steps/extract_embeddings.sh\texp/checked\tdata/wav\texp/embeddings",
    }
    lines = (f"3 features\t{p}\t--input\tdata/wav\t--\t{c}" for p, c in steps.items())
    _write("checked/products", lines)
    _write("conf/fbank80.conf", [(REPOSITORY / "conf/fbank80.conf").read_text()])
    _write("lists/models", ["s0 s1-0 nontarget", "s1 s1-1 target"])
    _write("lists/pairs", ["s0-0 s1-0 nontarget", "s0-0 s0-1 target"])
