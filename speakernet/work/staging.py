"""Files of one call that belong together: all of them appear, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from speakernet.work.files import move, scratch_folder


@contextmanager
def files_for_replace(folder: Path) -> Iterator[Path]:
    """Make an empty folder whose files are moved into ``folder`` if the block succeeds.

    They replace those of the same names; others in ``folder`` stay. Raises UserError if something
    cannot be written.
    """
    folder = folder.resolve()
    with scratch_folder(folder) as new:
        folder.mkdir(parents=True, exist_ok=True)
        yield new
        for path in sorted(new.rglob("*")):
            target = folder / path.relative_to(new)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                move(path, target)
