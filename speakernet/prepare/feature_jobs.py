"""One job of feature extraction: from a part of a data dir to an archive and its tables.

A job writes ``PREFIX.{ark,scp,utt2num_frames,utt2dur}`` and, last, the record ``PREFIX.json``
(``speakernet.work.record``), which also lists the utterances that failed. A job that finds a valid
record does nothing.
"""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.notes import accept
from speakernet.audio.reader import AudioReader, Reading, iter_audio
from speakernet.config.errors import UserError
from speakernet.config.files import is_given
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.wav_scp import count_utterances
from speakernet.prepare.job_reports import JobReport, finished_report
from speakernet.signal.dither import utterance_seed
from speakernet.signal.extractors import make_extractor
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.work.files import NewFile, open_for_replace, suffixed
from speakernet.work.progress import progress
from speakernet.work.record import digest_of_file, write_record

logger = logging.getLogger(__name__)

# Part of each job's record: increase it when a change of the code changes the values of features.
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """Everything but the audio on which a job's output depends; ``seed``: of the dither."""

    options: FbankOptions | MfccOptions
    seed: int = 0
    compress: bool = True


def run_job(folder: Path, prefix: Path, settings: JobSettings) -> JobReport:
    """Write the features of the data dir ``folder``, unless a valid record shows that it is done.

    Raises UserError for a malformed table, or if writing fails.
    """
    record_path, made_from = suffixed(prefix, "json"), _made_from(folder, settings)
    if (done := finished_report(record_path, made_from)) is not None:
        return done
    report = JobReport()
    files = _write(folder, prefix, settings, report)
    write_record(record_path, made_from, files, asdict(report))
    return report


def _made_from(folder: Path, settings: JobSettings) -> dict[str, Any]:
    tables = [path for path in (folder / "wav.scp", folder / "segments") if is_given(path)]
    digests = {path.name: digest_of_file(path) for path in tables}
    kind = type(settings.options).__name__
    return {"version": VERSION, "type": kind, "settings": asdict(settings), "tables": digests}


def _write(
    folder: Path, prefix: Path, settings: JobSettings, report: JobReport
) -> tuple[NewFile, ...]:
    """Write archive and tables, and fill in ``report``; return the files."""
    extract = make_extractor(settings.options)
    rate = int(settings.options.sample_frequency)
    reader = AudioReader(rate, channel=settings.options.channel)
    with ExitStack() as stack:
        ark, scp = suffixed(prefix, "ark"), suffixed(prefix, "scp")
        writer = stack.enter_context(ArkWriter(ark, scp, compress=settings.compress))
        tables = tuple(
            stack.enter_context(open_for_replace(suffixed(prefix, name)))
            for name in ("utt2num_frames", "utt2dur")
        )
        total = count_utterances(folder)
        for name, reading in progress(iter_audio(folder, reader), total, "utterances"):
            features = _features(name, reading, settings, extract, report)
            if features is not None and isinstance(reading, Reading):
                writer.write(name, features)
                _add_success(report, tables, name, len(features), len(reading.waveform) / rate)
    return (*writer.files, *tables)


def _features(
    name: str,
    reading: Reading | UserError,
    settings: JobSettings,
    extract: Callable[..., Float32],
    report: JobReport,
) -> Float32 | None:
    """Return the features, or None for an utterance that fails; note what is odd."""
    try:
        if isinstance(reading, UserError):
            raise reading
        if notes := accept(reading.waveform, reading.notes, settings.options):
            report.notes[name] = notes
        return extract(reading.waveform, seed=utterance_seed(settings.seed, name))
    except UserError as error:
        reason = str(error)
    except Exception as error:  # one utterance must not end the job
        reason = " ".join(f"{type(error).__name__} {error}".split())
    logger.warning("no features for '%s': %s", name, reason)
    report.notes.pop(name, None)
    report.failed[name] = reason
    return None


def _add_success(
    report: JobReport, tables: tuple[NewFile, ...], name: str, num_frames: int, duration: float
) -> None:
    # Kaldi's wav-to-duration writes float32 with seven digits: 4.7490625 s as 4.749063.
    tables[0].write(f"{name} {num_frames}\n".encode())
    tables[1].write(f"{name} {np.float32(duration):.7g}\n".encode())
    report.num_written += 1
    report.num_empty += num_frames == 0
    report.duration_s += duration
    if num_frames == 0:
        logger.warning("'%s' is shorter than one frame: its feature matrix is empty", name)
