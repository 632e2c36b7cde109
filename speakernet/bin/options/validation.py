"""The options of Kaldi's validate_data_dir.sh, which ``--validate-opts`` of a copy takes, too."""

import logging
from argparse import Namespace
from pathlib import Path

from speakernet.bin.options.parser import Flag

logger = logging.getLogger(__name__)

VALIDATION = (
    Flag("--no-feats", "feats.scp may be missing"),
    Flag("--no-text", "text may be missing"),
    Flag("--no-wav", "wav.scp may be missing"),
    Flag("--no-spk-sort", "speakers need no order"),
    Flag("--non-print", "text may hold any characters"),
)


def validate_as_asked(data_dir: Path, args: Namespace) -> None:
    """Check a data directory; raises UserError with the first fault's file and line."""
    from speakernet.kaldi.datadir import validate

    validate(
        data_dir,
        feats=not args.no_feats,
        text=not args.no_text,
        wav=not args.no_wav,
        spk_sort=not args.no_spk_sort,
        non_print=args.non_print,
    )
    logger.info("successfully validated data directory %s", data_dir)
