"""One file over HTTP: resumed where it was cut, checked, under its name only when it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO

from speakernet.config import UserError
from speakernet.config.files import open_input, read_text
from speakernet.work.files import move, open_for_replace, suffixed, write_errors
from speakernet.work.input_files import HEAD_BYTES, kind_of
from speakernet.work.progress import Progress

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 1 << 20
_TIMEOUT_S = 60
_FIRST_PAUSE_S = 1.0
_CHECKED = ".md5_checked"
_REASONS = {
    401: "the server asks for a user and a password, or does not take these",
    403: "the server refuses it: the key or the account is wrong or has expired",
    404: "it is not there any more: take it from another place, and put it here yourself",
    410: "it is not there any more: take it from another place, and put it here yourself",
}
_WHOLE_ALREADY = 416


@dataclass(frozen=True)
class Request:
    """A URL, which messages show without what follows ``?``, and headers."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The URL without keys and passwords."""
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


class Checked:
    """Which files of a folder had the right checksum, so that they are not read each time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _CHECKED

    def has(self, path: Path, md5: str) -> bool:
        """Return whether a file is there and right. Raises UserError for another checksum."""
        if not path.is_file():
            return False
        if not md5 or _line(path, md5) in self._lines():
            return True
        found = _md5_of(path)
        if found != md5:
            raise UserError(f"{path}: has md5 {found}, expected {md5}: remove it to fetch it again")
        self.add(path, md5)
        return True

    def add(self, path: Path, md5: str) -> None:
        """Note that a file is right."""
        with open_for_replace(self._path) as file:
            file.write("".join(f"{x}\n" for x in [*self._lines(), _line(path, md5)]).encode())

    def _lines(self) -> list[str]:
        return read_text(self._path).splitlines() if self._path.is_file() else []


def _line(path: Path, md5: str) -> str:
    status = path.stat()
    return f"{md5 or '-'} {status.st_size} {status.st_mtime_ns} {path.name}"


def _md5_of(path: Path) -> str:
    with open_input(path) as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def fetch(request: Request, target: Path, md5: str, *, num_tries: int) -> None:
    """Write the file ``target``. Raises UserError for what does not pass by itself, or after so
    many tries without a byte more.

    What is fetched of it lies in ``<target>.part``, and the next call goes on from there.
    """
    part = suffixed(target, "part")
    with write_errors(part):
        part.parent.mkdir(parents=True, exist_ok=True)
    with _locked(part) as file:
        _transfer_with_tries(request, file, target, num_tries)
        _check(part, target, md5)
        move(part, target)


@contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    with write_errors(part), open(part, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{part}: another process fetches it") from None
        try:
            yield file
        finally:
            if part.exists() and not part.stat().st_size:
                part.unlink()


def _transfer_with_tries(request: Request, file: BinaryIO, target: Path, num_tries: int) -> None:
    failures = 0
    while True:
        before = file.tell()
        try:
            _transfer(request, file, target)
            return
        except urllib.error.HTTPError as error:
            if error.code == _WHOLE_ALREADY and before:
                return
            reason = _REASONS.get(error.code)
            if reason:
                raise UserError(f"{request.shown}: HTTP {error.code}: {reason}") from None
            problem = f"HTTP {error.code}"
        except (OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.errno is not None and not _is_network(error):
                raise
            problem = str(error) or type(error).__name__
        failures = 0 if file.tell() > before else failures + 1
        if failures >= num_tries:
            raise UserError(
                f"{request.shown}: {problem}; {file.tell()} bytes are kept in {file.name}, "
                "and the same command goes on from there"
            )
        time.sleep(_FIRST_PAUSE_S * 2 ** min(failures, 5))


def _is_network(error: OSError) -> bool:
    return isinstance(error, ConnectionError | TimeoutError | urllib.error.URLError)


def _transfer(request: Request, file: BinaryIO, target: Path) -> None:
    """Append what is missing. A server without ranges sends all of it again."""
    start = file.seek(0, os.SEEK_END)
    headers = dict(request.headers) | ({"Range": f"bytes={start}-"} if start else {})
    asked = urllib.request.Request(request.url, headers=headers)
    with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as response:
        if start and response.status != 206:
            file.truncate(0)
            start = 0
        _copy(request, response, file, start, target)


def _copy(
    request: Request, response: HTTPResponse, file: BinaryIO, start: int, target: Path
) -> None:
    expected = int(response.headers.get("Content-Length") or 0)
    total = (start + expected + _BLOCK_BYTES - 1) // _BLOCK_BYTES or None
    with Progress(total, "MiB", done=start // _BLOCK_BYTES) as shown:
        shown.describe(target.name)
        count = 0
        while block := response.read(_BLOCK_BYTES):
            if start + count == 0:
                _check_head(request, block[:HEAD_BYTES])
            file.write(block)
            file.flush()
            count += len(block)
            shown.advance()
    if count < expected:
        raise ConnectionError(f"the connection ended after {start + count} bytes")


def _check_head(request: Request, head: bytes) -> None:
    kind = kind_of(head)
    if kind.startswith("an HTML"):
        raise UserError(
            f"{request.shown}: the server sent an HTML page instead of the file: the key, the "
            "account or the address is wrong or has expired"
        )


def _check(part: Path, target: Path, md5: str) -> None:
    if not part.stat().st_size:
        raise UserError(f"{target.name}: the server sent nothing")
    found = _md5_of(part) if md5 else ""
    if found != md5:
        part.unlink()
        raise UserError(
            f"{target.name}: what was fetched has md5 {found}, expected {md5}: it is removed; "
            "the same command fetches it again"
        )
