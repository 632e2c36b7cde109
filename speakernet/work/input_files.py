"""Files from outside: opened only if they are files, and named by what they hold.

What is read elsewhere as an archive or a checkpoint may be something that took its place: a
pointer of Git LFS, the HTML page of a failed download, a compressed copy. Messages say so.
"""

import os
import stat
from io import BufferedReader
from pathlib import Path

from speakernet.config import UserError

HEAD_BYTES = 512
"""How many bytes from a file's start ``kind_of`` looks at."""

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer ('git lfs pull' fetches the file itself)"),
    (b"\x1f\x8b", "gzip-compressed data (gunzip it)"),
    (b"BZh", "bzip2-compressed data (bunzip2 it)"),
    (b"\xfd7zXZ\0", "xz-compressed data (unxz it)"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data (unzstd it)"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x93NUMPY", "a NumPy file (.npy)"),
    (b"NPY", "a NumPy array in kaldiio's own format"),
    (b"PKL", "a Python pickle in kaldiio's own format"),
    (b"AUDIO", "audio in kaldiio's own format"),
    *((b"\x80" + bytes([version]), "a Python pickle") for version in range(2, 6)),
    (b"RIFF", "a wav file"),
    (b"fLaC", "a flac file"),
    (b"OggS", "an ogg file"),
    (b"ID3", "an mp3 file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"!<arch>\n", "an ar archive"),
    (b"<?xml", "an XML document (a download that failed?)"),
)
_HTML = (b"<!doctype html", b"<html", b"<head")


def open_input(path: str | Path) -> BufferedReader:
    """Open a file for reading. Raises UserError unless it is a file: pipes would block."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be opened: {error.strerror}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise UserError(f"{path}: found {kind}; expected a file")
    return open(descriptor, "rb")


def kind_of(head: bytes) -> str:
    """Return what begins with ``head``, as messages call it; empty if that is not known."""
    if not head:
        return "nothing (an empty file)"
    if not head.strip(b"\0"):
        return "zero bytes (a copy that did not finish?)"
    if head.lstrip()[:32].lower().startswith(_HTML):
        return "an HTML page (a download that failed?)"
    return next((name for magic, name in _KINDS if head.startswith(magic)), "")
