"""One job of feature extraction: a part of a data dir in, an archive and its tables out.

A job leaves ``PREFIX.ark``, ``PREFIX.scp``, ``PREFIX.utt2num_frames``, ``PREFIX.utt2dur`` and
``PREFIX.json``, which is written last: it says what the job was made from and which utterances
could not be read. A job that finds the right one has nothing to do.
"""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader, iter_audio
from speakernet.config.errors import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.signal.dither import utterance_seed
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.work.files import open_for_replace, suffixed

logger = logging.getLogger(__name__)

# Part of what a finished job is known by: raise it when features change their values.
VERSION = 1
FEATURE_TYPES: dict[str, type[FbankOptions] | type[MfccOptions]] = {
    "fbank": FbankOptions,
    "mfcc": MfccOptions,
}
_REPORT_EVERY_S = 30.0


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """Everything apart from the audio that decides a job's output."""

    options: FbankOptions | MfccOptions
    seed: int = 0
    compress: bool = True


@dataclass
class JobReport:
    """What a job did; ``failed`` maps utterances to what was wrong with them."""

    fingerprint: str
    num_written: int = 0
    num_empty: int = 0
    duration_s: float = 0.0
    ark_bytes: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def run_job(folder: Path, prefix: Path, settings: JobSettings) -> JobReport:
    """Write the features of the data dir ``folder`` unless a finished job has done so."""
    fingerprint = _fingerprint(folder, settings)
    done = read_report(prefix)
    if done is not None and done.fingerprint == fingerprint and _is_complete(prefix, done):
        logger.info("%s: complete already, nothing to do", prefix)
        return done
    forget_report(prefix)
    report = JobReport(fingerprint)
    _write(folder, prefix, settings, report)
    report.ark_bytes = suffixed(prefix, "ark").stat().st_size
    with open_for_replace(suffixed(prefix, "json")) as file:
        file.write(json.dumps(asdict(report), ensure_ascii=False).encode())
    return report


def read_report(prefix: Path) -> JobReport | None:
    """Return the report of a finished job, or None if there is none."""
    try:
        values = json.loads(suffixed(prefix, "json").read_text(encoding="utf-8"))
        return JobReport(**values)
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget_report(prefix: Path) -> None:
    """Remove a job's report, so that the job is done again when it is asked for again."""
    suffixed(prefix, "json").unlink(missing_ok=True)


def _is_complete(prefix: Path, report: JobReport) -> bool:
    try:
        size = suffixed(prefix, "ark").stat().st_size
    except FileNotFoundError:
        return False
    # What could not be read before may be there by now.
    if report.failed:
        return False
    names = ("scp", "utt2num_frames", "utt2dur")
    return size == report.ark_bytes and all(suffixed(prefix, name).exists() for name in names)


def _fingerprint(folder: Path, settings: JobSettings) -> str:
    digest = blake2b(repr((VERSION, settings)).encode(), digest_size=16)
    for name in ("wav.scp", "segments"):
        path = folder / name
        digest.update(f"{name} {path.exists()} ".encode())
        if path.exists():
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()


def _write(folder: Path, prefix: Path, settings: JobSettings, report: JobReport) -> None:
    extract = _extractor(settings.options)
    rate = int(settings.options.sample_frequency)
    reader = AudioReader(rate, channel=settings.options.channel)
    report_at = monotonic() + _REPORT_EVERY_S
    with ExitStack() as stack:
        ark, scp = suffixed(prefix, "ark"), suffixed(prefix, "scp")
        writer = stack.enter_context(ArkWriter(ark, scp, compress=settings.compress))
        tables = [
            stack.enter_context(open_for_replace(suffixed(prefix, name)))
            for name in ("utt2num_frames", "utt2dur")
        ]
        for name, waveform in iter_audio(folder, reader):
            if isinstance(waveform, UserError):
                _fail(report, name, str(waveform))
                continue
            duration = len(waveform) / rate
            if duration < settings.options.min_duration:
                _fail(report, name, f"found {duration:.3f} s; expected --min-duration or more")
                continue
            features = extract(waveform, seed=utterance_seed(settings.seed, name))
            writer.write(name, features)
            _note(report, tables, name, len(features), duration)
            if monotonic() > report_at:
                logger.info(
                    "%d utterances, %.2f hours", report.num_written, report.duration_s / 3600
                )
                report_at = monotonic() + _REPORT_EVERY_S


def _fail(report: JobReport, name: str, reason: str) -> None:
    logger.warning("no features for '%s': %s", name, reason)
    report.failed[name] = reason


def _note(
    report: JobReport, tables: list[BinaryIO], name: str, num_frames: int, duration: float
) -> None:
    tables[0].write(f"{name} {num_frames}\n".encode())
    tables[1].write(f"{name} {duration:.7g}\n".encode())
    report.num_written += 1
    report.num_empty += num_frames == 0
    report.duration_s += duration
    if num_frames == 0:
        logger.warning("'%s' is shorter than a window: its matrix is empty", name)


def _extractor(options: FbankOptions | MfccOptions) -> Callable[..., Float32]:
    extract: Callable[..., Float32]
    if isinstance(options, FbankOptions):
        from speakernet.signal.fbank import Fbank

        extract = Fbank(options)
    else:
        from speakernet.signal.mfcc import Mfcc

        extract = Mfcc(options)
    if not options.subtract_mean:
        return extract

    def centered(waveform: Float32, *, seed: int) -> Float32:
        features = extract(waveform, seed=seed)
        return features - features.mean(axis=0) if len(features) else features

    return centered
