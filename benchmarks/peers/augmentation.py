"""The five copies of each utterance with torchaudio, in one process: no commands, no wav.scp."""

import argparse
import random
from pathlib import Path

import numpy as np

from benchmarks.peers.features import import_torchaudio_compliance


def main() -> None:
    """Write fbanks of clean, reverberant, noisy, musical and babbling copies of a wav.scp."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scp", type=Path)
    parser.add_argument("musan", help="prefix of the data dirs")
    parser.add_argument("rir_list", type=Path, nargs="+")
    parser.add_argument("ark")
    args = parser.parse_args()

    import kaldiio
    import soundfile
    import torch

    torch.set_num_threads(1)
    compliance = import_torchaudio_compliance()
    import torchaudio.functional as functional

    cache: dict[str, torch.Tensor] = {}

    def load(path: str) -> torch.Tensor:
        if path not in cache:
            cache[path] = torch.from_numpy(soundfile.read(path, dtype="float32")[0])
        return cache[path]

    def mix(speech: torch.Tensor, files: list[str], snrs_db: list[int]) -> torch.Tensor:
        for path, snr_db in zip(files, snrs_db, strict=True):
            noise = load(path)
            noise = noise.repeat(-(-len(speech) // len(noise)))[: len(speech)]
            speech = functional.add_noise(speech, noise, torch.tensor(float(snr_db)))
        return speech

    choose = random.Random(0)
    noises = {kind: paths(Path(f"{args.musan}_{kind}/wav.scp")) for kind in
              ("noise", "music", "speech")}  # fmt: skip
    responses = [line for file in args.rir_list for line in file.read_text().split()]
    with kaldiio.WriteHelper(f"ark,scp:{args.ark}.ark,{args.ark}.scp", compression_method=2) as out:
        for name, path in (line.split() for line in args.scp.read_text().splitlines()):
            clean = torch.from_numpy(soundfile.read(path, dtype="float32")[0])
            talkers = choose.choices(noises["speech"], k=choose.randint(3, 7))
            response = load(choose.choice(responses))
            copies = {
                "clean": clean,
                "reverb": functional.fftconvolve(clean, response)[: len(clean)],
                "noise": mix(clean, choose.choices(noises["noise"], k=2), [10, 5]),
                "music": mix(clean, choose.choices(noises["music"], k=1), [8]),
                "babble": mix(clean, talkers, [15] * len(talkers)),
            }
            for copy, waveform in copies.items():
                features = compliance.fbank(waveform[None] * 32768, num_mel_bins=80, dither=1.0)
                out(f"{name}-{copy}", np.asarray(features))


def paths(scp: Path) -> list[str]:
    """Return the files of a wav.scp."""
    return [line.split()[1] for line in scp.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
