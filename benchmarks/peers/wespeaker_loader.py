"""wespeaker's own data set as a reader of crops; runs in its environment, from a checkout.

Its settings are those of its recipe for VoxCeleb (examples/voxceleb/v2/conf/resnet.yaml), but for
the local shuffle, which holds a batch instead of 2,500 utterances: with more of them, turns would
alternate between reading and handing out. Mean and masks come after it, on its GPU.
"""

import argparse
import sys
import types
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks.reader_turns import serve


def main() -> None:
    """Serve batches of crops."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("raw_list", type=Path)
    parser.add_argument("reverb_lmdb")
    parser.add_argument("noise_lmdb")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--backend", help="what torchaudio.load reads with")
    parser.add_argument("--batch-size", type=int, default=64)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    batches = iter(make_loader(args))

    def read_batch() -> int:
        feats: torch.Tensor = next(batches)["feat"]
        assert feats.shape[1:] == (200, 80), feats.shape
        return len(feats)

    serve(read_batch)


def make_loader(args: argparse.Namespace):  # type: ignore[no-untyped-def]
    """Return the data loader, which reads in this process."""
    import torchaudio
    from torch.utils.data import DataLoader

    # Its __init__.py imports the command line with all networks, which a reader does without.
    package = types.ModuleType("wespeaker")
    package.__path__ = [str(args.checkout / "wespeaker")]
    sys.modules["wespeaker"] = package
    if args.backend:
        torchaudio.load = partial(torchaudio.load, backend=args.backend)
    dataset = import_module("wespeaker.dataset.dataset").Dataset(
        "raw",
        str(args.raw_list),
        settings(args.batch_size, speed=args.speed),
        {},
        reverb_lmdb_file=args.reverb_lmdb,
        noise_lmdb_file=args.noise_lmdb,
    )
    return DataLoader(dataset, batch_size=args.batch_size, drop_last=True)


def settings(batch_size: int, *, speed: bool) -> dict[str, object]:
    """Return the section ``dataset_args`` of its recipe."""
    return {
        "shuffle": True,
        "shuffle_args": {"shuffle_size": batch_size},
        "filter": True,
        "filter_args": {"min_num_frames": 100, "max_num_frames": 800},
        "resample_rate": 16000,
        "speed_perturb": speed,
        "num_frms": 200,
        "aug_prob": 0.6,
        "fbank_args": {"num_mel_bins": 80, "frame_shift": 10, "frame_length": 25, "dither": 1.0},
    }


if __name__ == "__main__":
    main()
