"""Files from outside, named by what they begin with.

What is read elsewhere as an archive or a checkpoint may be something that took its place: a
pointer of Git LFS, the HTML page of a failed download, a compressed copy. Messages say so.
"""

HEAD_BYTES = 512
"""How many bytes from a file's start ``kind_of`` looks at."""

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer ('git lfs pull' fetches the file itself)"),
    (b"\x1f\x8b", "gzip-compressed data (gunzip it)"),
    (b"\xff\xfe", "text in UTF-16 (save it as UTF-8)"),
    (b"\xfe\xff", "text in UTF-16 (save it as UTF-8)"),
    (b"BZh", "bzip2-compressed data (bunzip2 it)"),
    (b"\xfd7zXZ\0", "xz-compressed data (unxz it)"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data (unzstd it)"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x93NUMPY", "a NumPy file (.npy)"),
    (b"NPY", "a NumPy array in kaldiio's own format"),
    (b"PKL", "a Python pickle in kaldiio's own format"),
    (b"AUDIO", "audio in kaldiio's own format"),
    (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        "a file of torch before 1.6 (torch.load it with weights_only=True, then torch.save it)",
    ),
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
_NEVER_IN_TEXT = {*range(9), *range(14, 32)}
_TEXTS = (b"version https://git-lfs", b"%PDF", b"<?xml")
_HTML = (b"<!doctype html", b"<html", b"<head")


def kind_of(head: bytes) -> str:
    """Return what begins with ``head``, as messages call it; empty if that is not known."""
    if not head:
        return "nothing (an empty file)"
    if not head.strip(b"\0"):
        return "zero bytes (a copy that did not finish?)"
    if head.lstrip()[:32].lower().startswith(_HTML):
        return "an HTML page (a download that failed?)"
    return next((name for magic, name in _KINDS if head.startswith(magic)), "")


def not_text(head: bytes) -> str:
    """Return what begins with ``head`` if it cannot be a table, though its name says so."""
    is_binary = bool(set(head) & _NEVER_IN_TEXT)
    looks_like_text = head.startswith(_TEXTS) or head.lstrip()[:32].lower().startswith(_HTML)
    return kind_of(head) if is_binary or looks_like_text else ""
