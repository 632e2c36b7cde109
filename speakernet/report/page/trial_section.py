"""The hardest trials, to listen to."""

from collections.abc import Iterator, Sequence

from speakernet.report.hardest import HardTrial
from speakernet.report.page.markup import Content, Html, element, note, table
from speakernet.report.page.recordings import Recordings
from speakernet.report.summary import ListSummary


def trial_section(one: ListSummary, recordings: Recordings) -> Iterator[Html]:
    """Yield the tables of the hardest targets and non-targets of a list, with players."""
    errors = one.errors
    yield element("h3", "Hardest targets")
    yield note("One speaker, and the lowest scores; up to two trials of a speaker.")
    yield _trials(errors.hard_targets, one, recordings)
    yield element("h3", "Hardest non-targets")
    yield note("Two speakers, and the highest scores; up to two trials of a pair.")
    yield _trials(errors.hard_nontargets, one, recordings)


def utterances_of(one: ListSummary) -> list[str]:
    """Return the utterances of the trials that are shown."""
    trials = (*one.errors.hard_targets, *one.errors.hard_nontargets)
    return [name for trial in trials for name in (trial.enroll, trial.test)]


def _trials(trials: Sequence[HardTrial], one: ListSummary, recordings: Recordings) -> Html:
    rows: list[list[Content]] = [
        [
            f"{trial.score:.4g}",
            _side(trial.enroll, trial.speakers[0], one, recordings),
            _side(trial.test, trial.speakers[1], one, recordings),
        ]
        for trial in trials
    ]
    return table(["score", "enrolment", "test"], rows, names=3)


def _side(name: str, speaker: str, one: ListSummary, recordings: Recordings) -> Content:
    durations, languages = one.test_set.durations, one.test_set.languages
    known = [speaker] + ([f"{durations[name]:.1f} s"] if name in durations else [])
    known += [languages[name]] if name in languages else []
    facts = element("span", ", ".join(known), class_="soft")
    return element("div", name, element("br"), facts, recordings.player(name))
