"""Calibration as a recipe asks for it: trials of the calibration set, their scores, the maps.

``<output>/calibration`` gets the trials and their scores, by which systems can be fused later.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from speakernet.backend.calibrate_lists import FOLDER, CalibrationFiles, calibrate_lists
from speakernet.backend.config import CalibrationConfig, ScoringConfig
from speakernet.backend.quality import TABLES, lengths_of, read_durations
from speakernet.backend.scoring_files import ScoringFiles
from speakernet.backend.speaker_folds import draw_in_folds, speaker_folds
from speakernet.backend.trial_drawing import draw_trials
from speakernet.config.errors import naming
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import write_trials

Folds = Mapping[str, int]
"""The fold of each speaker; none where PLDA was trained on other speakers."""


def calibrate_scores(
    config: ScoringConfig, files: ScoringFiles, score: Callable[[ScoringFiles, Folds], None]
) -> None:
    """Calibrate the scores that ``files`` have led to, by scores of trials that are drawn here.

    ``score`` writes the scores of other files by the same settings, and those of PLDA by models
    that were trained without the speakers of a trial's fold. Raises UserError where the
    calibration set lacks something, or has speakers of the test.
    """
    assert config.calibration
    folds = _plda_folds(config, files)
    own = _draw(config.calibration, files, folds)
    score(own, folds)
    maps = CalibrationFiles(
        own.output,
        files.trials,
        files.output,
        train_utt2spk=own.utt2spk,
        utt2spk=files.test_utt2spk,
    )
    _fit(config, maps)
    if qualities := config.calibration.qualities:
        tables = [[f / TABLES[q] for q in qualities] for f in (own.output, files.output)]
        _fit(config, replace(maps, train_quality_tables=tables[0], quality_tables=tables[1]))


def _fit(config: ScoringConfig, maps: CalibrationFiles) -> None:
    assert config.calibration
    p_target = config.calibration.p_target
    calibrate_lists(maps, config.final_kinds, fuse=False, p_target=p_target)
    if config.calibration.fuse:
        calibrate_lists(maps, config.final_kinds, fuse=True, p_target=p_target)


def _plda_folds(config: ScoringConfig, files: ScoringFiles) -> Folds:
    """Return folds of the calibration set's speakers, if PLDA is trained on some of them."""
    assert config.calibration
    if "plda" not in config.final_kinds:
        return {}
    paths = [files.training_set(role)[1] for role in ("plda", "calibration")]
    trained, drawn = ({*read_table(path, num_fields=2).values()} for path in paths)
    with naming(paths[1]):
        return speaker_folds(drawn, config.calibration.seed) if trained & drawn else {}


def _draw(config: CalibrationConfig, files: ScoringFiles, folds: Folds) -> ScoringFiles:
    """Write the trials; return what their scores are made of."""
    embeddings, utt2spk = files.training_set("calibration")
    speakers, sessions = read_table(utt2spk, num_fields=2), files.calibration_utt2session
    known = read_table(sessions, num_fields=2) if sessions else None
    by_length = config.trials == "by_length"
    durations = read_durations(lengths_of(embeddings)) if by_length else None
    each = config.num_trials // 2
    with naming(sessions or utt2spk):
        if folds:
            trials = draw_in_folds(folds, speakers, each, config.seed, known, durations)
        else:
            trials = draw_trials(speakers, each, each, config.seed, known, durations)
    output = files.output / FOLDER
    output.mkdir(parents=True, exist_ok=True)
    write_trials(output / "trials", trials)
    return replace(
        files,
        embeddings=embeddings,
        trials=[output / "trials"],
        output=output,
        utt2spk=utt2spk,
        enroll_spk2utt=None,
    )
