"""Training readers side by side: 2 s crops with 80-bin features and augmentation, on one core.

    python -m benchmarks.online_inputs --work /tmp/bench_audio --data data/debian_voices
    python -m benchmarks.online_loader --work /tmp/bench_audio \
        --rirs data/debian_voices/RIRS_NOISES \
        --wespeaker CHECKOUT --wespeaker-python ENVIRONMENT/bin/python

Each reader is a process that makes batches of 64, without queue or further process; medians of
turns. wespeaker's is its own code (https://github.com/wenet-e2e/wespeaker) with the settings of its
VoxCeleb recipe: a crop is augmented with probability 0.6, by a room or a recording of MUSAN, half
each; ours draws alike. Its environment has torch, torchaudio < 2.9 (it needs its sox effects; where
libsox.so is no system library, LD_LIBRARY_PATH says where), lmdb, kaldiio and scipy. It reads wav
with sox, the fastest of torchaudio's ways, and m4a with FFmpeg's libraries. "Speeds" draws 0.9, 1.0
or 1.1 for each. Without --wespeaker only ours are measured.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.reader_turns import Reader, Turn, crops_per_second, take_turns
from benchmarks.timing import ENVIRONMENT, ROOT, markdown_table
from speakernet.data.online_augment import find_rir_list
from speakernet.kaldi.room_lists import read_responses
from speakernet.kaldi.tables import read_table, write_table

CASES = {  # title: data dir of ours, whether wespeaker draws speeds, what torchaudio reads it with
    "wav": ("wav", False, "sox"),
    "wav, speeds": ("wav_speed", True, "sox"),
    "m4a": ("m4a_commands", False, "ffmpeg"),
}
PEER = "wespeaker"
OURS = {
    "reader": "speakernet, features in the reader",
    "reader_context": "speakernet, the same with the utterance's sliding mean",
    "device": "speakernet, features on the device",
    "device_context": "speakernet, on the device with the utterance's sliding mean",
}


def main() -> None:
    """Measure each case and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="what online_inputs has made")
    parser.add_argument("--rirs", type=Path, default=ROOT / "data/debian_voices/RIRS_NOISES")
    parser.add_argument("--wespeaker", type=Path, help="a checkout")
    parser.add_argument("--wespeaker-python", default=sys.executable)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seconds", type=float, default=3.0, help="of CPU, of a turn")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    args.work, args.rirs = args.work.absolute(), args.rirs.absolute()
    args.wespeaker_python = str(Path(args.wespeaker_python).absolute())
    results = {}
    for case in args.cases:
        readers = our_readers(case, args)
        if args.wespeaker:
            readers[PEER] = peer_reader(case, args)
        results[case] = take_turns(readers, args.seconds, args.turns)
        print(f"{case}, {args.turns} turns\n\n{table(results[case])}\n", flush=True)
    if args.json:
        speeds = {c: {n: crops_per_second(t) for n, t in r.items()} for c, r in results.items()}
        args.json.write_text(json.dumps(speeds, indent=1) + "\n")


def table(results: dict[str, list[Turn]]) -> str:
    """Return a row of each reader, the fastest first."""
    speeds = {name: crops_per_second(turns) for name, turns in results.items()}
    rows = []
    for name, speed in sorted(speeds.items(), key=lambda item: -item[1]):
        all_speeds = [turn.num_crops / turn.cpu_s for turn in results[name]]
        ratio = f"{speed / speeds[PEER]:.2f}" if PEER in speeds else ""
        spread = f"{min(all_speeds):,.0f} to {max(all_speeds):,.0f}"
        rows.append([name, f"{speed:,.0f}", spread, f"{1e3 / speed:.2f}", ratio])
    header = ["reader", "crops/s a core", "least and most", "CPU ms a crop", f"times {PEER}"]
    return markdown_table(header, rows)


def our_readers(case: str, args: argparse.Namespace) -> dict[str, Reader]:
    """Return this package's readers of a case."""
    module = [sys.executable, "-m", "benchmarks.online_reader"]
    options = ["--musan", str(args.work / "musan"), "--rirs", str(args.rirs)]
    folder = str(args.work / CASES[case][0])
    return {
        name: Reader([*module, way, folder, *options], ENVIRONMENT) for way, name in OURS.items()
    }


def peer_reader(case: str, args: argparse.Namespace) -> Reader:
    """Return wespeaker's reader of a case; its lists and data bases are made by its own tools."""
    _, draws_speeds, backend = CASES[case]
    peer = args.work / "wespeaker"
    peer.mkdir(exist_ok=True)
    checkout = args.wespeaker.absolute()
    source = args.work / ("m4a" if backend == "ffmpeg" else "wav")
    raw = peer / f"{source.name}.list"
    tables = [f"{source}/wav.scp", f"{source}/utt2spk"]
    _run([args.wespeaker_python, f"{checkout}/tools/make_raw_list.py", *tables, str(raw)])
    lmdbs = [make_lmdb(name, args) for name in ("rirs", "musan")]
    command = [args.wespeaker_python, "-m", "benchmarks.peers.wespeaker_loader", str(checkout)]
    command += [str(raw), *lmdbs, "--backend", backend]
    return Reader([*command, *(["--speed"] if draws_speeds else [])], ENVIRONMENT)


def make_lmdb(name: str, args: argparse.Namespace) -> str:
    """Return wespeaker's data base of the rooms or of MUSAN, made if it is not there."""
    folder: Path = args.work / "wespeaker" / name
    if not folder.exists():
        scp = folder.with_suffix(".scp")
        write_table(scp, (room_files if name == "rirs" else noise_files)(args).items())
        tool = f"{args.wespeaker.absolute()}/tools/make_lmdb.py"
        _run([args.wespeaker_python, tool, str(scp), str(folder)])
    return str(folder)


def room_files(args: argparse.Namespace) -> dict[str, str]:
    """Return the files of the rooms that ours draws from, by a name."""
    lists = [str(find_rir_list(args.rirs, room)) for room in ("smallroom", "mediumroom")]
    responses = [each for path in lists for each in read_responses([path])]
    return {f"room-{number:06d}": each.location for number, each in enumerate(responses)}


def noise_files(args: argparse.Namespace) -> dict[str, str]:
    """Return the files of MUSAN, by names that begin with their kind, as wespeaker needs them."""
    tables = [args.work / f"musan_{kind}/wav.scp" for kind in ("noise", "music", "speech")]
    return {name: path for table in tables for name, path in read_table(table).items()}


def _run(command: list[str]) -> None:
    result = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}\n{result.stderr.decode()[-2000:]}")


if __name__ == "__main__":
    main()
