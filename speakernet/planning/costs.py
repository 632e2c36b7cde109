"""Disk, time and memory of each product, by the step that makes it."""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from speakernet.planning.products import PlannedProduct
from speakernet.planning.score_rates import seconds_of_normalization
from speakernet.planning.work import Work, feature_options
from speakernet.prepare.corpus_estimate import SetSize
from speakernet.prepare.early_checks import FRAMES_PER_S, frame_bytes
from speakernet.prepare.stage_values import WAVEFORM
from speakernet.recipe import Recipe
from speakernet.signal.extractors import num_values
from speakernet.train.plan import make_plan
from speakernet.work.cores import num_cores

_RATE, _SAMPLE_BYTES = 16000, 2
_FLAC_SHARE = 0.6  # of wav, for speech
_TABLE_BYTES = 200  # of an utterance: its lines in all tables but wav.scp
_ENTRY_BYTES = 100  # of a line of wav.scp where none is there to look at
_COPY_BYTES = 300  # what noises add to it
_CACHE_BYTES = 256 << 20  # of noises and rooms in each job
_VECTOR_BYTES = 150  # of an embedding beside its values: id, header and index
_FLOAT_BYTES = 4
_DOUBLE_BYTES = 8
_SCORE_BYTES = 60  # of a trial
_PAGE_BYTES, _LINE_BYTES = 500_000, 200  # of a report, and of a speaker or pair in its tables
_CONTEXT_S = 3.0  # of a sliding mean around a crop
_STEP_CHECKPOINTS, _FIRST_CHECKPOINT = 2, 1


@dataclass(frozen=True)
class Cost:
    """Bytes that are written, wall seconds, and bytes of memory of all processes together; None:
    not known. ``note``: what there is to say of it.
    """

    size: float | None = 0.0
    seconds: float | None = None
    memory: float | None = None
    note: str = ""


UNKNOWN = Cost(None, note="not known before stage 1")


def cost_of(product: PlannedProduct, work: Work) -> Cost:
    """Return what it takes to make a product. Raises UserError for a recipe that cannot be trained
    as it is, and for recordings that cannot be read.
    """
    estimate = _STEPS.get(product.step)
    if estimate is not None:
        return estimate(product, work)
    if product.stage.startswith("1 "):
        return _corpus(work)
    return Cost(note="not estimated")


def _corpus(work: Work) -> Cost:
    sets = list(work.estimate.sets.values())
    if not sets:
        return UNKNOWN
    tables = sum(size.utterances * (_TABLE_BYTES + _entry_bytes(size)) for size in sets)
    unpacked = sum(count for _, count in work.estimate.writes)
    note = f"unpacks {unpacked / 1e9:.1f} GB" if unpacked else ""
    return Cost(tables, note=note)


def _entry_bytes(size: SetSize) -> int:
    return max(map(len, size.samples), default=_ENTRY_BYTES)


def _musan(product: PlannedProduct, work: Work) -> Cost:
    return Cost(note="reads headers only")


def _copies(product: PlannedProduct, work: Work) -> Cost:
    source = work.size_of(Path(product.command[-2]).name)
    name = Path(product.command[-1]).name
    if source is None:
        work.sizes[name] = None
        return UNKNOWN
    copies = len(product.option("--copies").split())
    speeds = len(product.option("--speed-factors").split())
    work.sizes[Path(product.option("--speed-set")).name] = source.with_copies(speeds, 0)
    size = work.sizes[name] = source.with_copies(speeds, copies)
    # Each copy stands in a set of its own and in the one of all.
    line = _TABLE_BYTES + _entry_bytes(source) + _COPY_BYTES
    return Cost(2.0 * size.utterances * line, note=f"{size.utterances:,} utterances, tables only")


def _subset(product: PlannedProduct, work: Work) -> Cost:
    return Cost(note="tables only")


def _features(product: PlannedProduct, work: Work) -> Cost:
    features, source = product.command[-3:-1]
    size = work.size_of(Path(source).name)
    if size is None:
        return UNKNOWN
    num_bytes = size.seconds * FRAMES_PER_S * frame_bytes(num_values(feature_options(features)))
    return Cost(
        num_bytes + size.utterances * (_TABLE_BYTES + _entry_bytes(size)),
        reading_seconds(size, features, work) / _jobs(work),
        _job_memory(work),
    )


def reading_seconds(size: SetSize, features: str, work: Work) -> float:
    """Return the seconds of one core to decode, augment and analyse a whole set."""
    rates = work.audio(features)
    decode = rates.decode / size.versions
    return size.seconds * (decode + rates.augment * size.augmented + rates.features)


def _jobs(work: Work) -> int:
    """Return how many jobs run at a time, if all of them run on this machine."""
    return min(work.num_jobs, num_cores())


def _job_memory(work: Work) -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return work.num_jobs * float(own + _CACHE_BYTES)


def _packed(product: PlannedProduct, work: Work) -> Cost:
    size = work.size_of(product.path.name)
    if size is None:
        return UNKNOWN
    wav = size.seconds * _RATE * _SAMPLE_BYTES
    form = product.option("--audio-format")
    seconds = reading_seconds(size, WAVEFORM, work) / _jobs(work)
    note = (
        "" if form == "wav" else "if copies are no larger than wav" if form == "copy" else "about"
    )
    return Cost(wav * (_FLAC_SHARE if form == "flac" else 1), seconds, _job_memory(work), note)


def _checked(product: PlannedProduct, work: Work) -> Cost:
    size = work.size_of(product.path.name)
    if size is None:
        return UNKNOWN
    return Cost(0, reading_seconds(size, WAVEFORM, work) / _jobs(work), _job_memory(work))


def _training(product: PlannedProduct, work: Work) -> Cost:
    folder = Path(product.command[-1])
    recipe = work.recipe(folder)
    size = work.size_of(Path(product.command[-2]).name)
    rates = work.network(folder)
    kept = recipe.train.num_kept + _STEP_CHECKPOINTS + _FIRST_CHECKPOINT
    memory, disk = rates.memory * work.num_processes, rates.weights * kept
    if size is None:
        return Cost(disk, None, memory, f"on {rates.device}; hours are not known before stage 1")
    batch = recipe.train.batch_size * recipe.train.accumulate
    plan = make_plan(recipe, batch * work.num_processes, size.utterances)
    compute, read = rates.train, _reading_of_a_crop(recipe, size, work)
    seconds = plan.num_steps * batch * max(compute, read)
    note = f"{plan.num_steps:,} updates on {rates.device}"
    return Cost(
        disk, seconds, memory, note + (", as fast as recordings are read" if read > compute else "")
    )


def _reading_of_a_crop(recipe: Recipe, size: SetSize, work: Work) -> float:
    """Return the seconds of a process for a crop that is read from recordings."""
    data = recipe.data
    if not recipe.uses_waveform and data.online_features is None:
        return 0.0
    rates = work.audio(recipe.features)
    has_context = data.cmn_window is not None and data.cmn_context
    seconds = data.num_frames / FRAMES_PER_S + (_CONTEXT_S if has_context else 0)
    augmented = size.augmented
    if data.online_augment is not None:
        augmented = max(augmented, data.online_augment.probability)
    features = rates.features if data.online_features == "reader" else 0.0
    each = seconds * (rates.decode + rates.augment * augmented + features)
    readers = max(1, min(data.num_workers, num_cores() // work.num_processes))
    return each / readers


def _embeddings(product: PlannedProduct, work: Work) -> Cost:
    folder, data = map(Path, product.command[-3:-1])
    size = work.size_of(data.name)
    if size is None:
        return UNKNOWN
    rates = work.network(folder)
    num_bytes = size.utterances * (rates.embedding_dim * _FLOAT_BYTES + _VECTOR_BYTES)
    parallel = work.num_processes if rates.is_gpu else _jobs(work)
    return Cost(num_bytes, size.seconds * rates.embed / parallel, note=f"on {rates.device}")


def _scores(product: PlannedProduct, work: Work) -> Cost:
    folder = next(path for path in map(Path, product.command) if path in work.recipes)
    test = work.size_of(work.test_set)
    recipe, cohort = work.recipe(folder), work.size_of(work.cohort_set)
    if test is None or (cohort is None and product.option("--cohort-embeddings")):
        return UNKNOWN
    num_bytes = _SCORE_BYTES * work.num_trials
    if cohort is None or not product.option("--cohort-embeddings"):
        return Cost(num_bytes)
    by_utterance = recipe.scoring.cohort == "utterances"
    num_cohort = cohort.utterances if by_utterance else cohort.speakers
    dim = work.network(folder).embedding_dim
    seconds = seconds_of_normalization(recipe.scoring, test.utterances, num_cohort, dim)
    # The cohort's embeddings are read in blocks and only their means are kept.
    memory = (test.utterances + num_cohort) * dim * _DOUBLE_BYTES
    return Cost(2.0 * num_bytes, seconds, memory)


def _package(product: PlannedProduct, work: Work) -> Cost:
    return Cost(note="weights, cohort and calibration")


def _report(product: PlannedProduct, work: Work) -> Cost:
    # A page has at most some hundred rows and curves, the tables a line for each speaker and pair.
    test = work.size_of(work.test_set)
    return Cost(_PAGE_BYTES + (_LINE_BYTES * test.speakers if test else 0))


_STEPS: dict[str, Callable[[PlannedProduct, Work], Cost]] = {
    "make_musan.sh": _musan,
    "augment_data_dir.sh": _copies,
    "subset_data_dir.sh": _subset,
    "make_set_features.sh": _features,
    "pack_audio.sh": _packed,
    "check_audio.sh": _checked,
    "train.sh": _training,
    "extract_embeddings.sh": _embeddings,
    "score.sh": _scores,
    "package.sh": _package,
    "make_report.sh": _report,
}
