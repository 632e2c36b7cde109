"""Time to get a recording from the shared cache, from a wav file, and by decoding flac and m4a.

    python -m benchmarks.shared_cache

CPU microseconds in this process, medians, ways taking turns; files are in the page cache. ffmpeg's
CPU time is that of its process. The recording is made by a formula, not speech.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.timing import cpu_seconds, markdown_table
from speakernet.arrays import Float64
from speakernet.audio.files import read_audio_file
from speakernet.audio.shared_cache import SharedCache
from speakernet.audio.wav import write_wav

RATE, PART_S = 16000, 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[2, 8, 60])
    parser.add_argument("--repeats", type=int, default=51)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for seconds in args.seconds:
            folder, cache = Path(name), SharedCache.create(1 << 28)
            write_files(folder, seconds)
            medians = measure(ways(folder, cache, seconds), args.repeats)
            medians["ffmpeg m4a"] = ffmpeg_microseconds(folder / "a.m4a")
            rows += [[f"{seconds} s, {way}", f"{value:,.0f}"] for way, value in medians.items()]
    print(markdown_table(["what", "CPU µs"], rows))


def write_files(folder: Path, seconds: int) -> None:
    """Write a wav file, and the same as flac and m4a."""
    rng = np.random.default_rng(0)
    steps: Float64 = rng.standard_normal(seconds * RATE).cumsum()
    samples = (3000 * np.sin(steps / 3)).astype(np.int16)
    write_wav(folder / "a.wav", samples, RATE)
    for suffix in ("flac", "m4a"):
        command = ["ffmpeg", "-v", "error", "-y", "-i", f"{folder}/a.wav", f"{folder}/a.{suffix}"]
        subprocess.run(command, check=True)


def ways(folder: Path, cache: SharedCache, seconds: int) -> dict[str, Callable[[], object]]:
    """Return ways to get the recording, or 2 s of it."""
    samples = read_audio_file(str(folder / "a.wav")).samples
    cache.put("a", samples)
    first = (seconds - PART_S) * RATE // 2
    wav, flac = str(folder / "a.wav"), str(folder / "a.flac")
    part = {"first_sample": first, "max_samples": PART_S * RATE}
    numbers = iter(range(1 << 30))
    return {
        "cache": lambda: cache.get("a"),
        "cache, 2 s of it": lambda: cache.get("a", first, PART_S * RATE),
        "cache, not there": lambda: cache.get("b"),
        "cache, put": lambda: cache.put(f"put {next(numbers)}", samples),
        "wav": lambda: read_audio_file(wav),
        "wav, 2 s of it": lambda: read_audio_file(wav, **part),
        "flac": lambda: read_audio_file(flac),
        "flac, 2 s of it": lambda: read_audio_file(flac, **part),
    }


def measure(systems: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median CPU microseconds of each system; they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    turns = list(systems.items())
    for _ in range(repeats):
        turns.append(turns.pop(0))  # so that none always follows the same one
        for name, run in turns:
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return {name: 1e6 * statistics.median(values) for name, values in seconds.items()}


def ffmpeg_microseconds(path: Path) -> float:
    """Return the median CPU microseconds of an ffmpeg process that decodes ``path``."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "wav", "-y", "/dev/null"]
    return 1e6 * statistics.median(cpu_seconds(command) for _ in range(5))


if __name__ == "__main__":
    main()
