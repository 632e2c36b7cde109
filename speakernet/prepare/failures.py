"""The limit on how many recordings or utterances of a data dir may fail."""

import logging
from collections.abc import Mapping
from pathlib import Path

from speakernet.config.errors import UserError

logger = logging.getLogger(__name__)

_MAX_NAMED = 20


def check_failures(
    folder: Path, failed: Mapping[str, str], total: int, max_share: float, *, kind: str, lack: str
) -> None:
    """Log the first failures, and raise UserError if there are too many.

    ``failed`` maps ids to errors; ``lack`` begins the log messages, such as "no features for". Too
    many: more than the fraction ``max_share`` of all ``total``, or all of them. ``kind``:
    "utterances" or "recordings".
    """
    for name, error in list(failed.items())[:_MAX_NAMED]:
        logger.warning("%s '%s': %s", lack, name, error)
    if len(failed) > max_share * total or len(failed) == total:
        names = ", ".join(list(failed)[:_MAX_NAMED]) + (", …" if len(failed) > _MAX_NAMED else "")
        raise UserError(
            f"{folder}: {len(failed)} of {total} {kind} could not be read, more than "
            f"--max-failed-share {max_share:g} allows: {names}; "
            f"the first: {next(iter(failed.values()), f'there are no {kind}')}"
        )
