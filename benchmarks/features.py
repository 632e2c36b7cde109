"""Filter banks from wav.scp to compressed ark: this package beside others, whole processes.

    python -m benchmarks.features --data data/debian_voices/train --num-utts 1064

All systems: 80 bins, dither 1, 16 kHz, one core, CPU time with start-up, medians of turns taken one
after the other. "process per utterance": kaldi-native-fbank on a wav.scp whose entries are
``sox FILE -t wav - |``, as recipes have them that decode or convert on the fly.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.timing import ROOT, interleaved_medians, markdown_table

OURS = "speakernet"
NATIVE = "kaldi-native-fbank + kaldiio"
TORCH = "torchaudio.compliance.kaldi + kaldiio"
PROCESSES = "a process per utterance (sox) + kaldi-native-fbank"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "data/debian_voices/train")
    parser.add_argument("--num-utts", type=int, default=1064)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hours = make_data(args.data, folder, args.num_utts)
        seconds = interleaved_medians(systems(folder), args.repeats, once=[PROCESSES])
    print(f"{hours:.2f} hours, {args.num_utts} utterances, medians of {args.repeats}\n")
    rows = [
        [name, f"{value:.2f}", f"{hours * 3600 / value:.0f}", f"{seconds[NATIVE] / value:.2f}"]
        for name, value in sorted(seconds.items(), key=lambda item: item[1])
    ]
    header = ["system", "CPU seconds", "hours of audio an hour", "times kaldi-native-fbank"]
    print(markdown_table(header, rows))


def systems(folder: Path) -> dict[str, list[str]]:
    """Return the command of each system."""
    peer = [sys.executable, "-m", "benchmarks.peers.features"]
    scp, out = str(folder / "plain/wav.scp"), str(folder / "out")
    ours = [sys.executable, "-m", "speakernet.bin.compute_features", "--config"]
    config = str(ROOT / "conf/fbank80.conf")
    # The archive is removed first: a finished job would have nothing to do.
    clean = f"rm -f {folder}/ours.* && exec " + " ".join(
        [*ours, config, "fbank", str(folder / "plain"), str(folder / "ours")]
    )
    return {
        OURS: ["bash", "-c", clean],
        NATIVE: [*peer, "kaldi-native-fbank", scp, out],
        TORCH: [*peer, "torchaudio", scp, out],
        PROCESSES: [*peer, "kaldi-native-fbank", str(folder / "piped/wav.scp"), out],
    }


def make_data(source: Path, folder: Path, num_utts: int) -> float:
    """Write the first utterances as files and as pipes; return their hours."""
    from speakernet.audio.wav import audio_length

    lines = (source / "wav.scp").read_text(encoding="utf-8").splitlines()[:num_utts]
    entries = [line.split(None, 1) for line in lines]
    for kind, form in (("plain", "{}"), ("piped", "sox {} -t wav - |")):
        (folder / kind).mkdir()
        rows = [f"{name} {form.format(Path(path).absolute())}\n" for name, path in entries]
        (folder / kind / "wav.scp").write_text("".join(rows), encoding="utf-8")
    lengths = [audio_length(path) for _, path in entries]
    return sum(samples / rate for samples, rate in lengths) / 3600


if __name__ == "__main__":
    main()
