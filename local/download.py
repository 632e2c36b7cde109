"""Fetch the files that a table lists, with checksums; what is there is kept, what was cut goes on.

Usage: python local/download.py --table local/voxceleb/downloads.tsv DIR GROUP...

The table (tab-separated, with a header) has a line for each file: ``group``, ``name``, ``md5`` (or
``-``), ``url`` and ``source``, where the checksum was found. A URL may have ``{key}``: it is read
from --key-file or the variable SPEAKERNET_DOWNLOAD_KEY, as others can see what programs are called
with.
"""

from __future__ import annotations

import argparse
import base64
import csv
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transfer import Checked, Request, fetch

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.config.files import read_text

logger = logging.getLogger(__name__)

_KEY = "SPEAKERNET_DOWNLOAD_KEY"
_COLUMNS = ["group", "name", "md5", "url", "source"]


@dataclass(frozen=True)
class File:
    """A line of the table; ``md5`` is empty where none is known."""

    group: str
    name: str
    md5: str
    url: str


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch the files of the groups, all that can be fetched, and say which cannot."""
    args = _parse(argv)
    files = read_downloads(args.table)
    _check_groups(args.groups, files)
    problems = []
    for file in files:
        if file.group in args.groups:
            try:
                _fetch(file, args)
            except UserError as error:
                logger.warning("%s", error)
                problems.append(file.name)
    if problems:
        raise UserError(f"{args.folder}: not fetched: {', '.join(problems)} (see above)")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument(
        "--url", default="", help="of all files, instead of the table's; has {name}"
    )
    parser.add_argument("--key-file", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--tries", type=int, default=5, help="after interruptions")
    parser.add_argument("folder", type=Path)
    parser.add_argument("groups", nargs="+")
    return parser.parse_args(argv)


def read_downloads(path: Path) -> list[File]:
    """Read the table. Raises UserError for other columns."""
    reader = csv.DictReader(read_text(path).splitlines(), delimiter="\t")
    if reader.fieldnames != _COLUMNS:
        raise UserError(f"{path}:1: expected the columns {' '.join(_COLUMNS)}")
    rows = [{key: value or "" for key, value in row.items()} for row in reader]
    return [File(r["group"], r["name"], r["md5"].strip("-"), r["url"]) for r in rows]


def _check_groups(groups: Sequence[str], files: Sequence[File]) -> None:
    known = list(dict.fromkeys(file.group for file in files))
    for group in groups:
        if group not in known:
            raise UserError(f"found '{group}'; expected some of {' '.join(known)}")


def _fetch(file: File, args: argparse.Namespace) -> None:
    target = args.folder / file.name
    checked = Checked(args.folder)
    if checked.has(target, file.md5):
        logger.info("%s is there", target)
        return
    fetch(_request(file, args), target, file.md5, num_tries=args.tries)
    checked.add(target, file.md5)
    note = "" if file.md5 else " (no checksum is known to compare with)"
    logger.info("%s fetched%s", target, note)


def _request(file: File, args: argparse.Namespace) -> Request:
    url, key = args.url.replace("{name}", file.name) or file.url, _key(args.key_file)
    if "{key}" in url and not key:
        raise UserError(
            f"{file.name}: its distributor asks for a key: give it in --key-file FILE or in the "
            f"variable {_KEY} (request it at https://mm.kaist.ac.kr/datasets/voxceleb), or --url "
            "URL of a copy that you may use, or put the file here yourself"
        )
    headers = {}
    if args.user:
        if args.password_file is None:
            raise UserError("--user needs --password-file FILE, which holds the password alone")
        password = read_text(args.password_file).strip("\n")
        token = base64.b64encode(f"{args.user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    return Request(url.replace("{key}", key), headers)


def _key(path: Path | None) -> str:
    return read_text(path).strip() if path else os.environ.get(_KEY, "").strip()


if __name__ == "__main__":
    run(main)
