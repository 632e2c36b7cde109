"""The corpus as Kaldi data dirs and trial lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from corpus_tables import SpeakerRow
from package_content import Recording, wav_path
from trial_rules import Trial, all_pairs, cross_session, same_language

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance, create, in_turns
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
    languages = {speaker: row.language for speaker, row in speakers.items()}
    test = by_role["test"]
    sets = {role: [_utterance(r, wav_dir) for r in by_role[role]] for role in ("train", "cohort")}
    sets["test"] = [_utterance(r, wav_dir, languages[r.speaker]) for r in test]
    sets["cohort"] += in_turns(sets["train"], COHORT_LIMIT)
    for name, members in sets.items():
        if not members:
            raise UserError(f"{name}: no utterance is left for this set")
        create(folders[name], members)
    _write_trials(folders["test"] / "trials", cross_session(test))
    _write_trials(folders["test"] / "trials_all", all_pairs(test))
    _write_trials(folders["test"] / "trials_language", same_language(test, languages))


def _check_unique(recordings: Sequence[Recording]) -> None:
    for utt, count in Counter(recording.utt for recording in recordings).items():
        if count > 1:
            raise UserError(
                f"speakers.tsv: two packages give utterance '{utt}'; name their sessions apart"
            )


def _utterance(recording: Recording, wav_dir: Path, language: str = "") -> NewUtterance:
    return NewUtterance(
        recording.utt,
        recording.speaker,
        str(wav_path(wav_dir, recording)),
        f"{recording.speaker}-{recording.session}",
        recording.duration_s,
        language=language,
    )


def _write_trials(path: Path, trials: Iterable[Trial]) -> None:
    with open_for_replace(path) as file:
        file.writelines(f"{' '.join(trial)}\n".encode() for trial in trials)
