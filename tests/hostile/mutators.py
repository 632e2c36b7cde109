"""What can be wrong with a file: functions of its bytes and a random generator, and of its path.

Whatever a text is changed to carries ``CANARY``: a command that leaves a file if a shell, a YAML
loader or pickle runs it.
"""

import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

CANARY_FILE = "CANARY"
CANARIES = (
    f"$(touch {CANARY_FILE})",
    f"`touch {CANARY_FILE}`",
    f"; touch {CANARY_FILE};",
    f"'; touch {CANARY_FILE} #",
    f'"$(touch {CANARY_FILE})"',
    f"a[$(touch {CANARY_FILE})]",
)
NUMBERS = (
    "nan", "inf", "-inf", "-1", "0", "-0.0", "1e309", "1e-320", "1_0", "0x10", "1e3", "٣", "1.5",
    "+1", "", "2147483647", "2147483648", "4294967296", "9223372036854775808", "1,5", "NaN", "1e",
    "99999999999999999999", "1" * 400, "--1", "1/2", "None", "true",
)  # fmt: skip
WORDS = (
    *CANARIES, "", " ", "a b", "\u00e4", "e\u0301", "\u00a0", "\u3000", "\u202e", "\ufeff",
    "\U0001f600", "-", "--", "-x", "*", "?", "~", "..", ".", "/", "a/b", "a\\b", "'", '"', "|",
    "ls |", ">", "&&", ";", "%s", "{0}", "{", "[", "\t", "\n", "\r", "a\nb", "\x01", "\x7f",
    "\udcff", "x" * 300, "x" * 5000, "JOB", "$HOME", "${IFS}", "#", "=", ",", ":", "0:0",
    "[10:300]", "\u00e9" * 130,
)  # fmt: skip


class _Payload:
    """An object whose pickle runs a command when it is read."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {CANARY_FILE}",)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Payload(), 2))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([_Payload()], dtype=object), allow_pickle=True)
    return buffer.getvalue()


_WAV = (
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\xff\xff\xff\x7f"
)
_HTML = b"<!DOCTYPE html>\n<html><head><title>404</title></head>\n<body>Not found</body></html>\n"
_LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
_ROWS = b'[{"model": 1, "trials": null, "scoring": [], "eer": "x", "min_dcf": {}}]'
_BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 9)) for n in range(98, 108)
)
OTHER_KINDS: dict[str, bytes] = {
    "empty": b"",
    "html": _HTML,
    "lfs": _LFS,
    "pickle": pickle.dumps(_Payload(), 2),
    "entry_pickle": b"u1 PKL" + pickle.dumps(_Payload(), 2),
    "gzip": gzip.compress(b"u1 s1\n" * 20),
    "zip": _zip(),
    "npy": _npy(),
    "wav": _WAV,
    "yaml_object": f"!!python/object/apply:os.system ['touch {CANARY_FILE}']\n".encode(),
    "yaml_bomb": _BOMB,
    "yaml_deep": b"[" * 100_000,
    "json_deep": b'[{"a":' * 50_000,
    "json_number": b"3\n",
    "json_rows": _ROWS,
    "zeros": bytes(3000),
    "text": b"once upon a time\n",
    "own_base": b"base: [recipe.yaml, own.yaml, base.yaml, final.pt]\n",
    "utf16": "\ufeffu1 s1\n".encode("utf-16"),
}


def truncate(data: bytes, random: Random) -> bytes:
    """Leave out the end."""
    return data[: random.randrange(len(data) + 1)]


def flip_bits(data: bytes, random: Random) -> bytes:
    """Flip one to eight bits."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if changed:
            changed[_place(changed, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _place(data: bytes | bytearray, random: Random) -> int:
    """Any position; half of the time one of the first 64, where headers are."""
    return random.randrange(min(len(data), random.choice((64, len(data)))))


def set_sizes(data: bytes, random: Random) -> bytes:
    """Put a number that is too large or negative where a size may be."""
    size = random.choice((2**31 - 1, 2**31, 2**32 - 1, 0x7FFFFFF0, 0, 1))
    place = _place(data, random) if data else 0
    return data[:place] + size.to_bytes(4, "little") + data[place + 4 :]


def splice(data: bytes, random: Random) -> bytes:
    """Put a piece of the file elsewhere."""
    start, end, target = sorted(random.randrange(len(data) + 1) for _ in range(3))
    return data[:target] + data[start:end] + data[target:]


def append(data: bytes, random: Random) -> bytes:
    """Put bytes or a second copy behind."""
    return data + random.choice((data, b"\0", b"x", random.randbytes(100), data[:50]))


BINARY = (truncate, flip_bits, flip_bits, set_sizes, splice, append)


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b"\n"]


def drop_line(data: bytes, random: Random) -> bytes:
    """Leave out a line."""
    lines = _lines(data)
    del lines[random.randrange(len(lines))]
    return b"".join(lines)


def repeat_line(data: bytes, random: Random) -> bytes:
    """Give a line twice."""
    lines = _lines(data)
    lines.insert(random.randrange(len(lines)), random.choice(lines))
    return b"".join(lines)


def shuffle_lines(data: bytes, random: Random) -> bytes:
    """Change the order of lines."""
    lines = _lines(data)
    random.shuffle(lines)
    return b"".join(lines)


def change_field(data: bytes, random: Random) -> bytes:
    """Replace a field, or what stands between signs of YAML, JSON or options, by something odd."""
    lines = _lines(data)
    number = random.randrange(len(lines))
    marks = bytes(random.choice((b" \t", b" \t=:,-/.\"'[]{}")))
    parts = _split(lines[number], marks)
    words = [i for i, part in enumerate(parts) if part.strip(marks + b"\n")]
    if words:
        parts[random.choice(words)] = _word(random)
    lines[number] = b"".join(parts)
    return b"".join(lines)


def _split(line: bytes, marks: bytes) -> list[bytes]:
    parts, last = [b""], False
    for value in line:
        is_mark = value in marks + b"\n"
        if is_mark != last:
            parts.append(b"")
        parts[-1] += bytes([value])
        last = is_mark
    return parts


def _word(random: Random) -> bytes:
    text = random.choice((random.choice(NUMBERS), random.choice(WORDS)))
    return text.encode("utf-8", "surrogateescape")


def windows(data: bytes, random: Random) -> bytes:
    """CR LF, a byte-order mark, or Latin-1, as editors write."""
    return random.choice(
        (data.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + data, data.replace(b"s", b"\xe4"))
    )


def long_line(data: bytes, random: Random) -> bytes:
    """A line of a megabyte."""
    lines = _lines(data)
    return b"".join(lines[:1]) + b"x" * random.choice((70_000, 1_000_000)) + b"".join(lines[1:])


def no_newline(data: bytes, random: Random) -> bytes:
    """Without the last line's end."""
    return data.rstrip(b"\n")


TEXT = (
    drop_line, repeat_line, shuffle_lines, change_field, change_field, change_field, change_field,
    windows, long_line, no_newline, truncate, flip_bits, splice, append,
)  # fmt: skip


def _remove(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def _unreadable(path: Path) -> None:
    path.chmod(0)


PATHS: dict[str, Callable[[Path], None]] = {
    "missing": _remove,
    "folder": _folder,
    "fifo": _fifo,
    "dangling": _dangling,
    "loop": _loop,
    "endless": _endless,
    **({} if os.geteuid() == 0 else {"unreadable": _unreadable}),  # root may read all
}
