"""Kaldi data directories: read, validated, repaired, merged, split and copied.

Tables are streamed: apart from sets of ids where tables disagree, and one integer per utterance in
``split``, memory does not grow with the number of utterances.
"""

from speakernet.kaldi.datadir.combine import combine
from speakernet.kaldi.datadir.copy import Affixes, NewAudio, copy
from speakernet.kaldi.datadir.create import (
    NewUtterance,
    Stretch,
    cohort_of,
    create,
    in_turns,
    log_size,
)
from speakernet.kaldi.datadir.fix import fix
from speakernet.kaldi.datadir.layout import AudioChange, Id
from speakernet.kaldi.datadir.speakers import read_spk2utt, utt2spk_from_spk2utt, write_spk2utt
from speakernet.kaldi.datadir.split import split
from speakernet.kaldi.datadir.subset import SELECTIONS, subset, subset_by_list
from speakernet.kaldi.datadir.validate import validate

__all__ = [
    "SELECTIONS",
    "Affixes",
    "AudioChange",
    "Id",
    "NewAudio",
    "NewUtterance",
    "Stretch",
    "cohort_of",
    "combine",
    "copy",
    "create",
    "fix",
    "in_turns",
    "log_size",
    "read_spk2utt",
    "split",
    "subset",
    "subset_by_list",
    "utt2spk_from_spk2utt",
    "validate",
    "write_spk2utt",
]
