"""The options of Kaldi's validate_data_dir.sh, which ``--validate-opts`` of a copy takes, too."""

import argparse
import logging
from pathlib import Path

from speakernet.bin.options.parser import Parser

logger = logging.getLogger(__name__)


def add_validation_options(parser: Parser) -> None:
    """Add the options that ``validate_as_asked`` reads."""
    for name in ("feats", "text", "wav"):
        parser.add_argument(f"--no-{name}", action="store_true", help=f"{name} may be missing")
    parser.add_argument("--no-spk-sort", action="store_true", help="speakers need no order")
    parser.add_argument("--non-print", action="store_true", help="text may hold any characters")


def validate_as_asked(data_dir: Path, args: argparse.Namespace) -> None:
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
