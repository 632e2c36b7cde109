"""Small data directories for the tests of their tools."""

from pathlib import Path

from speakernet.kaldi import datadir
from speakernet.kaldi.tables import read_table

SPEAKERS = {"s1": 3, "s2": 1, "s3-é": 4, "s4": 2}
UTTERANCES = [f"{spk}-u{n}" for spk, count in SPEAKERS.items() for n in range(count)]


def write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def speaker(utterance: str) -> str:
    return utterance.rpartition("-")[0]


def make(path: Path, utterances: list[str] | None = None, *, segments: bool = False) -> Path:
    """Make a data directory with all usual tables; two segments share a recording."""
    utterances = UTTERANCES if utterances is None else utterances
    write(path / "utt2spk", [f"{utt} {speaker(utt)}" for utt in utterances])
    write(path / "utt2dur", [f"{utt} {1 + n}.5" for n, utt in enumerate(utterances)])
    write(path / "utt2num_frames", [f"{utt} {100 * (n % 3)} " for n, utt in enumerate(utterances)])
    write(path / "feats.scp", [f"{utt} x.ark:{n}" for n, utt in enumerate(utterances)])
    speakers = sorted({speaker(utt) for utt in utterances})
    write(path / "spk2gender", [f"{spk} f" for spk in speakers])
    write(path / "frame_shift", ["0.01"])
    if segments:
        recordings = [f"rec-{speaker(utt)}" for utt in utterances]
        spans = enumerate(zip(utterances, recordings, strict=True))
        write(path / "segments", [f"{utt} {rec} {n} {n + 1.5}" for n, (utt, rec) in spans])
    else:
        recordings = utterances
    write(path / "wav.scp", [f"{rec} sox {rec}.wav - |" for rec in sorted(set(recordings))])
    write(path / "reco2dur", [f"{rec} 20" for rec in sorted(set(recordings))])
    datadir.write_spk2utt(path / "utt2spk", path / "spk2utt")
    return path


def content(path: Path) -> dict[str, str]:
    return {f.name: f.read_text() for f in sorted(path.iterdir()) if f.is_file()}


def speakers_of(path: Path) -> dict[str, str]:
    return read_table(path / "utt2spk")
