"""Five copies of a corpus, from wav.scp to compressed ark: this package beside others.

    python -m benchmarks.augment --data data/debian_voices/train --musan data/debian_voices/musan \
        --rirs data/debian_voices/RIRS_NOISES

Copies: clean, reverberation, noise, music, babble of 3 to 7 talkers, with the options of the
VoxSRC-2020 recipe; 80 bins, dither 1, 16 kHz. One core, CPU seconds of whole processes with their
start-up, medians of turns taken one after the other.
"process per utterance" runs each line of wav.scp in a shell, with ``cat`` in the place of Kaldi's
wav-reverberate and of sox (Kaldi is not installed), and kaldi-native-fbank behind it: processes and
pipes only, none of the arithmetic, so a lower bound for such a pipeline.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.feature_runs import argument_parser, our_fbank, peer_fbank, speed_table
from benchmarks.timing import ENVIRONMENT, ROOT, interleaved_medians

OURS = "speakernet, five copies"
CLEAN = "speakernet, clean copies only (five times)"
NATIVE = "kaldi-native-fbank + kaldiio, fbank only"
TORCH = "torchaudio, five copies, one process"
PROCESSES = "a process per utterance (cat as stand-in) + kaldi-native-fbank"
NUM_PROCESS_LINES = 500


def main() -> None:
    """Measure and print the table."""
    parser = argument_parser(__doc__, num_utts=400, repeats=5)
    parser.add_argument("--musan", default=str(ROOT / "data/debian_voices/musan"))
    parser.add_argument("--rirs", type=Path, default=ROOT / "data/debian_voices/RIRS_NOISES")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hours = make_data(args, folder)
        seconds = interleaved_medians(systems(folder, args), args.repeats, once=[PROCESSES])
        share = NUM_PROCESS_LINES / (5 * args.num_utts)
        seconds[PROCESSES] /= min(share, 1.0)
    print(
        f"{args.num_utts} utterances, {hours:.2f} hours in five copies, medians of {args.repeats}\n"
    )
    columns = ("times real time", "share of kaldi-native-fbank's time")
    print(speed_table(seconds, hours, *columns, lambda value: value / seconds[NATIVE]))


def systems(folder: Path, args: argparse.Namespace) -> dict[str, list[str]]:
    """Return the command of each system."""
    lists = sorted(str(path) for path in folder.glob("*.rirs"))
    return {
        OURS: our_fbank(folder, "train_aug"),
        CLEAN: our_fbank(folder, "five"),
        NATIVE: peer_fbank("kaldi-native-fbank", folder, "five"),
        TORCH: [
            sys.executable, "-m", "benchmarks.peers.augmentation", str(folder / "train/wav.scp"),
            args.musan, *lists, str(folder / "out"),
        ],
        PROCESSES: peer_fbank("kaldi-native-fbank", folder, "cat"),
    }  # fmt: skip


def make_data(args: argparse.Namespace, folder: Path) -> float:
    """Write the clean set, five times the clean set, the augmented set, and the latter with cat."""
    from speakernet.audio.files import audio_length
    from speakernet.kaldi.room_lists import read_responses

    lines = (args.data / "wav.scp").read_text(encoding="utf-8").splitlines()
    step = max(len(lines) // args.num_utts, 1)
    entries = [line.split(None, 1) for line in lines[::step][: args.num_utts]]
    paths = {name: str(Path(path).absolute()) for name, path in entries}
    write(folder / "train", paths)
    write(folder / "five", {f"{n}-{i}": p for n, p in paths.items() for i in range(5)})
    command = ["steps/augment_data_dir.sh", "--musan", args.musan, "--rirs", str(args.rirs)]
    subprocess.run(
        [*command, str(folder / "train"), str(folder / "train_aug")],
        env=ENVIRONMENT, cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    augmented = (folder / "train_aug/wav.scp").read_text(encoding="utf-8").splitlines()
    write(folder / "cat", dict(with_cat(augmented[:: max(len(augmented) // NUM_PROCESS_LINES, 1)])))
    for room in ("smallroom", "mediumroom"):
        source = args.rirs / "simulated_rirs" / room / "rir_list"
        responses = read_responses([str(source)])
        locations = "".join(f"{item.location}\n" for item in responses)
        (folder / f"{room}.rirs").write_text(locations, encoding="utf-8")
    lengths = [audio_length(path) for path in paths.values()]
    return 5 * sum(samples / rate for samples, rate in lengths) / 3600


def write(folder: Path, entries: dict[str, str]) -> None:
    """Write a data dir in which every utterance is its own speaker."""
    folder.mkdir()
    rows = sorted(entries.items())
    (folder / "wav.scp").write_text("".join(f"{k} {v}\n" for k, v in rows), encoding="utf-8")
    for table in ("utt2spk", "spk2utt"):
        (folder / table).write_text("".join(f"{k} {k}\n" for k, _ in rows), encoding="utf-8")


def with_cat(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Replace programs by cat: the source goes through, and every noise is read by a process."""
    for line in lines:
        name, entry = line.split(None, 1)
        sources = re.findall(r"[^\s'\",|]+\.wav", entry)
        if entry.endswith("|"):
            is_noise = "additive-signals" in entry
            speech = sources[-1] if is_noise else sources[0]
            others = sources[:-1] if is_noise else sources[1:]
            reads = "".join(f"cat {other} | cat >/dev/null; " for other in others)
            entry = f"{reads}cat {speech} | cat |"
        yield name, entry


if __name__ == "__main__":
    main()
