"""Debian packages and wav files for tests, made on the spot; checksums of what is made of them."""

import hashlib
import io
import tarfile
import wave
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def ar_member(name: str, content: bytes) -> bytes:
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


def make_deb(path: Path, files: Mapping[str, bytes], compression: str = "xz") -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("./a-link")
        link.type, link.linkname = tarfile.SYMTYPE, "x"
        archive.addfile(link)
    members = ar_member("debian-binary", b"2.0\n") + ar_member("control.tar.xz", b"odd")
    suffix = f".{compression}" if compression else ""
    path.write_bytes(b"!<arch>\n" + members + ar_member(f"data.tar{suffix}", data.getvalue()))


def tone(seconds: float, frequency_hz: float = 440.0, rate_hz: int = 16000) -> np.ndarray:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def wav_bytes(samples: np.ndarray, rate_hz: int = 16000, num_channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(num_channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(np.rint(samples * 32767), num_channels).astype("<i2").tobytes())
    return buffer.getvalue()


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
