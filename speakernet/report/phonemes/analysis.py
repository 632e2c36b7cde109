"""The whole analysis: two networks and alignments in, numbers, a table and pictures out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from speakernet.arrays import Float32, Int64
from speakernet.config import UserError
from speakernet.kaldi.alignments import read_alignments
from speakernet.kaldi.tables import read_table
from speakernet.nn.serialize import load_model
from speakernet.report.phonemes.classes import CLASSES, class_table
from speakernet.report.phonemes.collecting import Labelled, choose_utterances, collect
from speakernet.report.phonemes.figures import draw_frames, draw_kernels
from speakernet.report.phonemes.grouping import (
    Estimate,
    estimate,
    silhouettes,
    speaker_before_phone,
    speaker_means,
)
from speakernet.work.files import folder_for_replace

MIN_SPEAKERS = 3
MEASURES = ("silhouette by speaker", "silhouette by phone class", "speaker before phone")


@dataclass(frozen=True, kw_only=True)
class PhonemeJob:
    """What to analyse.

    alignments: a ctm file, or a folder of .PHN files. max_utts: of a speaker; max_frames: of a
    speaker in a class of phones, for silhouettes and pictures. seed: of draws.
    """

    dynamic_dir: Path
    static_dir: Path
    data_dir: Path
    alignments: Path
    output: Path
    phone_classes: Path | None = None
    max_utts: int = 12
    max_frames: int = 30
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """Frames of equal numbers for each speaker and class: embeddings by network, and labels."""

    embeddings: Mapping[str, Float32]
    speakers: Int64
    classes: Int64


def analyse(job: PhonemeJob) -> dict[str, Any]:
    """Write phonemes.json, PHONEMES.md, frames.png and kernels.png; return the first's content.

    Raises UserError for models that have no frame embeddings, and for too few speakers.
    """
    networks = {
        "dynamic": load_model(job.dynamic_dir)[0],
        "static": load_model(job.static_dir)[0],
    }
    if not networks["dynamic"].temperatures():
        raise UserError(f"{job.dynamic_dir}: has no temporal dynamic layers; expected tdy_…")
    utt2spk = read_table(job.data_dir / "utt2spk", num_fields=2)
    found = read_alignments(job.alignments, utt2spk)
    chosen = choose_utterances(utt2spk, [n for n in utt2spk if n in found], job.max_utts)
    if len({utt2spk[name] for name in chosen}) < MIN_SPEAKERS:
        raise UserError(
            f"{job.alignments}: has utterances of fewer than {MIN_SPEAKERS} speakers of "
            f"{job.data_dir}; expected the ids of its utt2spk"
        )
    table = class_table(job.phone_classes)
    labelled = collect(networks, job.data_dir, utt2spk, {n: found[n] for n in chosen}, table)
    sample = draw_sample(labelled, job.max_frames, job.seed)
    names = {name: network.config.name for name, network in networks.items()}
    numbers = np.bincount(sample.classes, minlength=len(CLASSES)).tolist()
    results = {
        "networks": names,
        "speakers": len(labelled.speaker_names),
        "utterances": len(chosen),
        "frames": dict(zip(CLASSES, numbers, strict=True)),
        "grouping": _grouping(sample, job.seed),
        "kernels": {name: each.explained(job.seed) for name, each in labelled.kernels.items()},
    }
    with folder_for_replace(job.output) as folder:
        (folder / "phonemes.json").write_text(json.dumps(results, indent=1) + "\n")
        (folder / "PHONEMES.md").write_text("\n".join(table_of(results)) + "\n")
        draw_frames(sample.embeddings, sample.speakers, sample.classes, names, job.seed, folder)
        draw_kernels(labelled, folder)
    return results


def draw_sample(labelled: Labelled, max_frames: int, seed: int) -> Sample:
    """Return at most ``max_frames`` frames of each speaker and class; a class needs two frames.

    Speakers with one class only are left out: they say nothing of either.
    """
    speakers, classes = np.concatenate(labelled.speakers), np.concatenate(labelled.classes)
    random, chosen = np.random.default_rng(seed), []
    for speaker in np.unique(speakers):
        own = [np.flatnonzero((speakers == speaker) & (classes == c)) for c in range(len(CLASSES))]
        own = [places for places in own if len(places) > 1]
        if len(own) > 1:
            chosen += [random.permutation(places)[:max_frames] for places in own]
    if not chosen:
        raise UserError("no speaker has frames of two classes of phones; expected longer speech")
    places = np.sort(np.concatenate(chosen))
    _, renumbered = np.unique(speakers[places], return_inverse=True)
    embeddings = {n: np.concatenate(each)[places] for n, each in labelled.embeddings.items()}
    return Sample(embeddings, renumbered, classes[places])


def _grouping(sample: Sample, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return each measure of each network, and dynamic minus static."""
    results: dict[str, dict[str, dict[str, float]]] = {}
    for measure in MEASURES:
        values = {n: _measure(measure, e, sample) for n, e in sample.embeddings.items()}
        values["difference"] = values["dynamic"] - values["static"]
        results[measure] = {n: estimate(v, seed)._asdict() for n, v in values.items()}
    return results


def _measure(measure: str, embeddings: Float32, sample: Sample) -> Any:
    """Return a measure of each speaker (speakers,)."""
    if measure == MEASURES[0]:
        values = silhouettes(embeddings, sample.speakers)
    elif measure == MEASURES[1]:
        values = silhouettes(embeddings, sample.classes)
    else:
        values = speaker_before_phone(embeddings, sample.speakers, sample.classes)
    used = np.isfinite(values)
    return speaker_means(values[used], sample.speakers[used])


def table_of(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of ``PHONEMES.md``."""
    names = results["networks"]
    yield f"# Phones in {names['dynamic']} and {names['static']}\n"
    yield (
        f"{sum(results['frames'].values())} frames of {results['utterances']} utterances of "
        f"{results['speakers']} speakers; in parentheses the middle 95 % of draws of speakers.\n"
    )
    yield "| | dynamic | static | difference |"
    yield "|---|---|---|---|"
    for measure, values in results["grouping"].items():
        cells = (_text(values[name]) for name in ("dynamic", "static", "difference"))
        yield f"| {measure} | {' | '.join(cells)} |"
    yield "\nShare of the variance of the kernels' weights that classes of phones explain:\n"
    yield "| layer | of the phones | of the phones half a recording away |"
    yield "|---|---|---|"
    for layer, value in results["kernels"].items():
        yield f"| {layer} | {_text(value['phones'])} | {_text(value['shifted'])} |"


def _text(value: Mapping[str, float]) -> str:
    each = Estimate(**value)
    return f"{each.value:.3f} ({each.low:.3f} to {each.high:.3f})"
