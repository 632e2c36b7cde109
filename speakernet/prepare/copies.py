"""Copies of a data dir with other audio: all of its utterances, or some that are drawn."""

import heapq
import logging
from hashlib import blake2b
from pathlib import Path

from speakernet.config.errors import UserError
from speakernet.kaldi.datadir import Affixes, NewAudio, copy
from speakernet.kaldi.tables import iter_ids

logger = logging.getLogger(__name__)


def write_copy(
    source: Path,
    target: Path,
    affixes: Affixes,
    new: NewAudio,
    *,
    num_utterances: int = 0,
    seed: int = 0,
) -> None:
    """Write ``target`` with new audio, whole and valid or not at all.

    ``num_utterances`` greater than 0 keeps that many, chosen at random by ``seed`` and id. Raises
    UserError if the source has fewer.
    """
    keep = draw_utterances(source, num_utterances, seed) if num_utterances else None
    copy(source, target, affixes, new=new, keep=keep)
    logger.info("%s: written from %s", target, source)


def draw_utterances(source: Path, number: int, seed: int) -> set[bytes]:
    """Return ``number`` utterances; which these are depends on ``seed`` and the ids alone."""

    def rank(name: bytes) -> bytes:
        return blake2b(name, digest_size=8, key=str(seed).encode()).digest()

    chosen = heapq.nsmallest(number, iter_ids(source / "utt2spk"), key=rank)
    if len(chosen) < number:
        raise UserError(f"{source}: found {len(chosen)} utterances; expected at least {number}")
    return set(chosen)
