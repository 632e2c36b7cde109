"""Small synthetic corpora for the training tests."""

from pathlib import Path

import numpy as np
import yaml

from speakernet.kaldi.ark import ArkWriter

MEL = 12


def write_features(
    folder: Path, *, num_speakers: int = 6, num_each: int = 8, mel: int = MEL
) -> Path:
    """Write a data directory of compressed features in which speakers differ by a few sinusoids."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    colours = rng.standard_normal((num_speakers, mel, 3))
    owners = []
    with ArkWriter(folder / "feats.ark", folder / "feats.scp", compress=True) as writer:
        for speaker in range(num_speakers):
            for number in range(num_each):
                utterance = f"s{speaker:02d}-{number:02d}"
                frames = int(rng.integers(30, 90))
                sources = np.sin(np.cumsum(rng.standard_normal((frames, 3)), axis=0))
                matrix = 3 * sources @ colours[speaker].T + rng.standard_normal((frames, mel)) + 10
                writer.write(utterance, matrix.astype(np.float32))
                owners.append(f"{utterance} s{speaker:02d}\n")
    (folder / "utt2spk").write_text("".join(owners))
    return folder


def write_waveforms(folder: Path, *, num_speakers: int = 6, num_each: int = 4) -> Path:
    """Write a data directory of half-second wav files of noise, coloured by the speaker."""
    import soundfile

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    entries, owners = [], []
    for speaker in range(num_speakers):
        for number in range(num_each):
            utterance = f"s{speaker:02d}-{number:02d}"
            noise = rng.standard_normal(8000 + 400 * number)
            tone = np.sin(2 * np.pi * (200 + 300 * speaker) * np.arange(len(noise)) / 16000)
            path = folder / f"{utterance}.wav"
            soundfile.write(path, 0.02 * noise + 0.3 * tone, 16000, subtype="PCM_16")
            entries.append(f"{utterance} {path}\n")
            owners.append(f"{utterance} s{speaker:02d}\n")
    (folder / "wav.scp").write_text("".join(entries))
    (folder / "utt2spk").write_text("".join(owners))
    return folder


def write_noises(folder: Path, recordings: Path) -> list[str]:
    """Write MUSAN-like data dirs, and rooms, that are ``recordings``; return train's options."""
    entries = (recordings / "wav.scp").read_text()
    for part in ("noise", "music", "speech"):
        (folder / f"musan_{part}").mkdir(parents=True)
        (folder / f"musan_{part}/wav.scp").write_text(entries)
    paths = [line.split(" ", 1)[1] for line in entries.splitlines()]
    for room, path in zip(("smallroom", "mediumroom"), paths, strict=False):
        text = f"--rir-id {room} --room-id {room} {path}\n"
        (folder / f"{room}_rir_list").write_text(text)
    return ["--musan", str(folder / "musan"), "--rirs", str(folder)]


def write_recipe(path: Path, **sections: object) -> Path:
    """Write a recipe of a tiny network, 100 steps long, with ``sections`` changed."""
    recipe: dict[str, object] = {
        "copies": [],
        "model": {"name": "tdnn_c8", "embedding_dim": 16},
        "loss": {"name": "cm", "margin": 0.2},
        "data": {"num_frames": 40, "num_workers": 1},
        "optim": {"learning_rate": 0.2},
        "schedule": {
            "learning_rate": {
                "type": "warmup_hold_halve",
                "warmup_epochs": 2,
                "hold_until": 10,
                "decay_until": 20,
            },
            "margin": {"type": "linear_staircase", "start_epoch": 2, "end_epoch": 8},
        },
        "train": {
            "epochs": 25,
            "batch_size": 8,
            "utterances_per_epoch": 32,
            "checkpoint_steps": 3,
            "log_steps": 5,
            "num_threads": 1,
            "tensorboard": False,
        },
    }
    for name, value in sections.items():
        old = recipe.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        # Another loss or optimizer has other options.
        alike = both and value.get("name") in (None, old.get("name"))  # type: ignore[attr-defined]
        recipe[name] = {**old, **value} if alike else value  # type: ignore[dict-item]
    path.write_text(yaml.safe_dump(recipe))
    return path


if __name__ == "__main__":
    import sys

    write_features(Path(sys.argv[1]) / "data")
    write_recipe(Path(sys.argv[1]) / "recipe.yaml")
