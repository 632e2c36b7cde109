"""How many recordings or utterances of a data dir may be unreadable."""

import logging
from collections.abc import Mapping
from pathlib import Path

from speakernet.config.errors import UserError

logger = logging.getLogger(__name__)

_NAMED = 20


def check_failures(
    folder: Path, failed: Mapping[str, str], total: int, max_share: float, *, kind: str, lack: str
) -> None:
    """Warn of the first of ``failed`` (ids and reasons): ``lack`` ("no features for") and the id.

    Raises UserError if they are more than ``max_share`` of the ``total`` utterances or recordings
    (``kind``), or all of them.
    """
    for name, reason in list(failed.items())[:_NAMED]:
        logger.warning("%s '%s': %s", lack, name, reason)
    if len(failed) > max_share * total or len(failed) == total:
        names = ", ".join(list(failed)[:_NAMED]) + (", …" if len(failed) > _NAMED else "")
        raise UserError(
            f"{folder}: {len(failed)} of {total} {kind} could not be read, more than "
            f"--max-failed-share {max_share:g} allows: {names}; "
            f"the first: {next(iter(failed.values()), f'there are no {kind}')}"
        )
