"""The corpus as Kaldi data dirs and trial lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from corpus_tables import SpeakerRow
from package_content import Recording, wav_path
from trial_rules import Trial, all_pairs, cross_session, same_language

from speakernet.config import UserError
from speakernet.kaldi.datadir import validate, write_spk2utt
from speakernet.kaldi.tables import write_table
from speakernet.work.files import open_for_replace

COHORT_LIMIT = 20


def write_sets(
    folders: Mapping[str, Path],
    wav_dir: Path,
    speakers: dict[str, SpeakerRow],
    recordings: Sequence[Recording],
) -> None:
    """Write train, test with its trial lists, and cohort to ``folders``, which are empty.

    ``wav_dir`` is where the wav files will lie; ``recordings`` are sorted by utterance. Raises
    UserError for a set without utterances or with an utterance that is there twice.
    """
    _check_unique(recordings)
    by_role: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_role[speakers[recording.speaker].role].append(recording)
    train, test = by_role["train"], by_role["test"]
    cohort = sorted(by_role["cohort"] + first_of_each(train, COHORT_LIMIT), key=lambda r: r.utt)
    for name, members in (("train", train), ("test", test), ("cohort", cohort)):
        if not members:
            raise UserError(f"{name}: no utterance is left for this set")
        write_data_dir(folders[name], wav_dir, members)
    languages = {speaker: row.language for speaker, row in speakers.items()}
    _write_trials(folders["test"] / "trials", cross_session(test))
    _write_trials(folders["test"] / "trials_all", all_pairs(test))
    _write_trials(folders["test"] / "trials_language", same_language(test, languages))


def _check_unique(recordings: Sequence[Recording]) -> None:
    for utt, count in Counter(recording.utt for recording in recordings).items():
        if count > 1:
            raise UserError(
                f"speakers.tsv: two packages give utterance '{utt}'; name their sessions apart"
            )


def first_of_each(recordings: Iterable[Recording], limit: int) -> list[Recording]:
    """Return up to ``limit`` utterances of each speaker, its sessions taking turns."""
    by_speaker: dict[str, dict[str, list[Recording]]] = defaultdict(lambda: defaultdict(list))
    for recording in recordings:
        by_speaker[recording.speaker][recording.session].append(recording)
    chosen = []
    for sessions in by_speaker.values():
        turns = sorted(
            (place, session, recording.utt, recording)
            for session, members in sessions.items()
            for place, recording in enumerate(members)
        )
        chosen += [recording for *_, recording in turns[:limit]]
    return chosen


def write_data_dir(path: Path, wav_dir: Path, recordings: Sequence[Recording]) -> None:
    """Write the tables of utterances whose wav files lie in ``wav_dir``, and check them."""
    wavs = ((r.utt, str(wav_path(wav_dir, r))) for r in recordings)
    write_table(path / "wav.scp", wavs)
    write_table(path / "utt2spk", ((r.utt, r.speaker) for r in recordings))
    write_table(path / "utt2session", ((r.utt, f"{r.speaker}-{r.session}") for r in recordings))
    for name in ("utt2dur", "reco2dur"):
        write_table(path / name, ((r.utt, f"{r.duration_s:.4f}") for r in recordings))
    write_spk2utt(path / "utt2spk", path / "spk2utt")
    validate(path, feats=False)


def _write_trials(path: Path, trials: Iterable[Trial]) -> None:
    with open_for_replace(path) as file:
        file.writelines(f"{' '.join(trial)}\n".encode() for trial in trials)
