"""A zip archive that is distributed in parts (``X_partaa``, ``X_partab``, …), unpacked without
joining the parts on disk.

Unpacking can be interrupted and run again: files that are there with the right size are kept, and
every file appears whole or not at all.
"""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.job_parts import job_part


class JoinedFiles(io.RawIOBase):
    """Files read one after the other as if they were one; seekable."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open all parts. Raises OSError."""
        super().__init__()
        self._files = [open(path, "rb") for path in paths]  # noqa: SIM115 (closed in close)
        self._sizes = [path.stat().st_size for path in paths]
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the joined file."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position of the joined file."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: sum(self._sizes)}[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: object) -> int:
        """Read from the part that the position lies in; fewer bytes than asked for at its end."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        start = 0
        for file, size in zip(self._files, self._sizes, strict=True):
            if self._position < start + size:
                file.seek(self._position - start)
                count = file.readinto(view[: start + size - self._position])
                self._position += count
                return count
            start += size
        return 0

    def close(self) -> None:
        """Close all parts."""
        for file in self._files:
            file.close()
        super().close()


def unpack(parts: Sequence[Path], folder: Path, num_processes: int) -> int:
    """Unpack the audio files of an archive below ``folder``; return how many there are. Raises
    UserError.
    """
    names = _names(parts)
    shares = [job_part(names, job + 1, num_processes) for job in range(num_processes)]
    with ProcessPoolExecutor(num_processes) as pool:
        jobs = [pool.submit(_unpack_share, parts, folder, names) for names in shares]
        for job in jobs:
            job.result()
    return len(names)


def _names(parts: Sequence[Path]) -> list[str]:
    try:
        with JoinedFiles(parts) as joined, zipfile.ZipFile(io.BufferedReader(joined)) as archive:
            return [name for name in archive.namelist() if name.endswith((".wav", ".m4a"))]
    except zipfile.BadZipFile as error:
        raise UserError(f"{parts[0]} to {parts[-1].name}: not a complete zip: {error}") from None


def _unpack_share(parts: Sequence[Path], folder: Path, names: Sequence[str]) -> None:
    with JoinedFiles(parts) as joined, zipfile.ZipFile(io.BufferedReader(joined)) as archive:
        for name in names:
            info = archive.getinfo(name)
            target = folder / name
            if ".." in target.parts:
                raise UserError(f"{parts[0]}: the name '{name}' leads out of the folder")
            if target.is_file() and target.stat().st_size == info.file_size:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(info) as source, open_for_replace(target) as file:
                    shutil.copyfileobj(source, file)
            except zipfile.BadZipFile as error:
                raise UserError(f"{parts[0]}: {name}: {error}") from None
