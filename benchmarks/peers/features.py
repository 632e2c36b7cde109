"""Filter banks by other packages, from wav.scp to compressed ark, as their users would write it."""

import argparse
import io
import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np

from speakernet.arrays import Float32


def main() -> None:
    """Write the features of every line of a wav.scp."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=("kaldi-native-fbank", "torchaudio"))
    parser.add_argument("scp")
    parser.add_argument("ark")
    args = parser.parse_args()
    extract = native_fbank() if args.system == "kaldi-native-fbank" else torchaudio_fbank()

    import kaldiio

    with kaldiio.WriteHelper(f"ark,scp:{args.ark}.ark,{args.ark}.scp", compression_method=2) as out:
        for name, waveform in read(args.scp):
            out(name, extract(waveform))


def read(scp: str) -> Iterator[tuple[str, Float32]]:
    """Yield id and waveform of each line; a line that ends in ``|`` is run by the shell."""
    import soundfile

    with open(scp, encoding="utf-8") as lines:
        for line in lines:
            name, entry = line.strip().split(None, 1)
            source: str | io.BytesIO = entry
            if entry.endswith("|"):
                run = subprocess.run(entry[:-1], shell=True, stdout=subprocess.PIPE, check=True)
                source = io.BytesIO(run.stdout)
            samples, _ = soundfile.read(source, dtype="int16")
            yield name, samples.astype(np.float32)


def native_fbank() -> Callable[[Float32], Float32]:
    """Return kaldi-native-fbank with 80 bins and dither."""
    import kaldi_native_fbank as knf

    options = knf.FbankOptions()
    options.frame_opts.dither = 1.0
    options.mel_opts.num_bins = 80

    def extract(waveform: Float32) -> Float32:
        fbank = knf.OnlineFbank(options)
        fbank.accept_waveform(16000, waveform)
        fbank.input_finished()
        return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])

    return extract


def torchaudio_fbank() -> Callable[[Float32], Float32]:
    """Return torchaudio.compliance.kaldi.fbank with 80 bins and dither."""
    import torch

    torch.set_num_threads(1)
    compliance = import_torchaudio_compliance()

    def extract(waveform: Float32) -> Float32:
        batch = torch.from_numpy(waveform)[None]
        features = compliance.fbank(batch, num_mel_bins=80, dither=1.0, sample_frequency=16000.0)
        return np.asarray(features.numpy())

    return extract


def import_torchaudio_compliance():  # type: ignore[no-untyped-def]
    """Import torchaudio.compliance.kaldi also where its compiled extension fits no torch.

    PyPI's torchaudio is linked against CUDA: on a CPU build of torch the import raises OSError.
    None of the functions used here is in the extension.
    """
    import types

    try:
        import torchaudio.compliance.kaldi
    except (ImportError, OSError):
        for name in [name for name in sys.modules if name.startswith("torchaudio")]:
            del sys.modules[name]
        stand_in = types.ModuleType("torchaudio._extension")
        stand_in._IS_TORCHAUDIO_EXT_AVAILABLE = False  # type: ignore[attr-defined]
        stand_in.fail_if_no_align = lambda function: function  # type: ignore[attr-defined]
        stand_in._check_cuda_version = lambda: None  # type: ignore[attr-defined]
        sys.modules["torchaudio._extension"] = stand_in
        import torchaudio.compliance.kaldi
    return torchaudio.compliance.kaldi


if __name__ == "__main__":
    main()
