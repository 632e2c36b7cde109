"""Filter banks from wav.scp to compressed ark: this package beside others, whole processes.

    python -m benchmarks.features --data data/debian_voices/train --num-utts 1064

All systems: 80 bins, dither 1, 16 kHz, one core, CPU time with start-up, medians of turns taken one
after the other. "process per utterance": kaldi-native-fbank on a wav.scp whose entries are
``sox FILE -t wav - |``, as recipes have them that decode or convert on the fly.
"""

import tempfile
from pathlib import Path

from benchmarks.feature_runs import argument_parser, our_fbank, peer_fbank, speed_table
from benchmarks.timing import interleaved_medians

OURS = "speakernet"
NATIVE = "kaldi-native-fbank + kaldiio"
TORCH = "torchaudio.compliance.kaldi + kaldiio"
PROCESSES = "a process per utterance (sox) + kaldi-native-fbank"


def main() -> None:
    """Measure and print the table."""
    args = argument_parser(__doc__, num_utts=1064, repeats=5).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hours = make_data(args.data, folder, args.num_utts)
        seconds = interleaved_medians(systems(folder), args.repeats, once=[PROCESSES])
    print(f"{hours:.2f} hours, {args.num_utts} utterances, medians of {args.repeats}\n")
    columns = ("hours of audio an hour", "times kaldi-native-fbank")
    print(speed_table(seconds, hours, *columns, lambda value: seconds[NATIVE] / value))


def systems(folder: Path) -> dict[str, list[str]]:
    """Return the command of each system."""
    return {
        OURS: our_fbank(folder, "plain"),
        NATIVE: peer_fbank("kaldi-native-fbank", folder, "plain"),
        TORCH: peer_fbank("torchaudio", folder, "plain"),
        PROCESSES: peer_fbank("kaldi-native-fbank", folder, "piped"),
    }


def make_data(source: Path, folder: Path, num_utts: int) -> float:
    """Write the first utterances as files and as pipes; return their hours."""
    from speakernet.audio.files import audio_length

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
