"""Recordings for benchmarks of readers: real speech as long as VoxCeleb's clips, wav and m4a.

    python -m benchmarks.online_inputs --work /tmp/bench_audio --data data/debian_voices

Each file has utterances of one speaker of DATA/train, drawn with replacement and joined to 4 to 12
s (8 s in the mean; VoxCeleb2's clips have 7.8 s). The m4a are AAC at 64, 96 and 128 kbit/s in turn,
by PyAV's encoder. Files that are there are kept. Writes data dirs WORK/wav, WORK/wav_speed (each
file at one of three speeds, as Kaldi spells it), WORK/m4a (paths) and WORK/m4a_commands (ffmpeg's
commands, as local/voxceleb writes them), and MUSAN's WORK/musan_{noise,music,speech}.
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path
from shlex import quote

import av
import numpy as np
import numpy.typing as npt

from benchmarks.timing import ENVIRONMENT, ROOT
from speakernet.audio.files import read_audio_file
from speakernet.audio.wav import write_wav
from speakernet.kaldi.tables import read_table, write_table
from speakernet.work.files import move, suffixed

SAMPLE_RATE = 16000
SECONDS = (4, 12)
BIT_RATES = (64_000, 96_000, 128_000)
M4A_COMMAND = "ffmpeg -nostdin -v error -i {} -ac 1 -ar 16000 -f wav -acodec pcm_s16le - |"
SPEEDS = ("0.9", "1.0", "1.1")


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT / "data/debian_voices")
    parser.add_argument("--num-files", type=int, default=2000)
    args = parser.parse_args()
    make_inputs(args.work.absolute(), args.data.absolute(), args.num_files)


def make_inputs(work: Path, data: Path, num_files: int) -> None:
    """Write audio and data dirs below ``work`` from the train set and MUSAN of ``data``."""
    audio = work / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    names = write_audio(audio, data / "train", num_files)
    forms: dict[str, Callable[[str, int], str]] = {
        "wav": lambda name, _: f"{audio}/{name}.wav",
        "wav_speed": lambda name, number: with_speed(f"{audio}/{name}.wav", number),
        "m4a": lambda name, _: f"{audio}/{name}.m4a",
        "m4a_commands": lambda name, _: M4A_COMMAND.format(quote(f"{audio}/{name}.m4a")),
    }
    for folder, form in forms.items():
        write_data_dir(work / folder, {name: form(name, n) for n, name in enumerate(names)})
    command = ["steps/data/make_musan.sh", str(data / "musan"), str(work)]
    subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, check=True, capture_output=True)


def with_speed(path: str, number: int) -> str:
    """Return the entry of a file at one of the speeds in turn."""
    speed = SPEEDS[number % len(SPEEDS)]
    return path if speed == "1.0" else f"sox -t wav {quote(path)} -t wav - speed {speed} |"


def write_audio(folder: Path, train: Path, num_files: int) -> list[str]:
    """Write the missing files; return the names of all, sorted: speaker, then number."""
    entries = read_table(train / "wav.scp")
    speakers = sorted(read_table(train / "spk2utt").items())
    names = []
    for number in range(num_files):
        speaker, utterances = speakers[number % len(speakers)]
        name = f"{speaker}-{number:06d}"
        wav, m4a = folder / f"{name}.wav", folder / f"{name}.m4a"
        if not m4a.exists():
            paths = [entries[utterance] for utterance in utterances.split()]
            samples = join(paths, np.random.default_rng(number))
            write_wav(wav, samples, SAMPLE_RATE)
            write_m4a(suffixed(m4a, "tmp"), samples, BIT_RATES[number % len(BIT_RATES)])
            move(suffixed(m4a, "tmp"), m4a)
        names.append(name)
    return sorted(names)


def join(paths: list[str], rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """Return samples (samples,) of files drawn from ``paths``, of a length drawn from SECONDS."""
    wanted = int(rng.uniform(*SECONDS) * SAMPLE_RATE)
    parts: list[npt.NDArray[np.int16]] = []
    while sum(map(len, parts)) < wanted:
        samples = read_audio_file(str(rng.choice(paths))).samples
        parts.append(samples.reshape(-1).astype(np.int16))
    return np.concatenate(parts)[:wanted]


def write_m4a(path: Path, samples: npt.NDArray[np.int16], bit_rate: int) -> None:
    """Write samples (samples,) as AAC in an MPEG-4 container."""
    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono", bit_rate=bit_rate)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def write_data_dir(folder: Path, entries: dict[str, str]) -> None:
    """Write the tables of a data dir; an id is the speaker, a hyphen and a number."""
    folder.mkdir(exist_ok=True)
    owners = {name: name.rpartition("-")[0] for name in entries}
    members: dict[str, list[str]] = {}
    for name, owner in owners.items():
        members.setdefault(owner, []).append(name)
    write_table(folder / "wav.scp", entries.items())
    write_table(folder / "utt2spk", owners.items())
    write_table(folder / "spk2utt", ((s, " ".join(u)) for s, u in members.items()))


if __name__ == "__main__":
    main()
