"""Recordings a second of CPU time, one thread, of a packaged model and of resemblyzer.

    python -m benchmarks.embed_speed MODEL FILE ...

resemblyzer (PyPI, with its own network inside) is measured where it can be imported.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import torch

import speakernet


def main() -> None:
    """Measure both in turns, three times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    torch.set_num_threads(1)
    ways = {"speakernet": packaged(args.model)}
    if find_spec("resemblyzer"):
        ways["resemblyzer"] = resemblyzer()
    for embed in ways.values():
        embed(args.files[:2])
    for _ in range(3):
        for name, embed in ways.items():
            start = time.process_time()
            embed(args.files)
            print(f"{name}: {len(args.files) / (time.process_time() - start):.0f} a second")


def packaged(folder: Path) -> Callable[[list[str]], None]:
    """Return what embeds files by a packaged model."""
    model = speakernet.load_model(folder)

    def embed(files: list[str]) -> None:
        for _ in model.embed_many(files):
            pass

    return embed


def resemblyzer() -> Callable[[list[str]], None]:
    """Return what embeds files by resemblyzer, one after the other: it has no batches."""
    from resemblyzer import VoiceEncoder, preprocess_wav

    encoder = VoiceEncoder("cpu", verbose=False)

    def embed(files: list[str]) -> None:
        for file in files:
            encoder.embed_utterance(preprocess_wav(Path(file)))

    return embed


if __name__ == "__main__":
    main()
