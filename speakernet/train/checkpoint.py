"""The checkpoints of an experiment: writing, finding the newest, removing old ones.

``checkpoints/`` has ``epoch-NNN.pt`` after each epoch (000: before training), ``step-NNNNNNNN.pt``
within epochs, ``best.pt`` and ``final.pt``. Files are written under a temporary name, synced and
renamed, so that a crash leaves the old ones intact; reading verifies their zip checksums.
"""

import shutil
from pathlib import Path
from typing import Any

from speakernet.config import UserError
from speakernet.nn.serialize import find_checkpoints, first_readable, save_model
from speakernet.work.files import path_for_replace
from speakernet.work.temporary import remove_abandoned


class CheckpointDir:
    """The checkpoints of one experiment."""

    def __init__(self, exp_dir: Path, keep: int) -> None:
        self.path = exp_dir / "checkpoints"
        self.keep = keep

    def prepare(self) -> None:
        """Make the folder and remove temporary files of interrupted writes."""
        self.path.mkdir(parents=True, exist_ok=True)
        remove_abandoned(self.path)

    def newest(self) -> tuple[Path, dict[str, Any]] | None:
        """Return the newest undamaged checkpoint; damaged ones are skipped with a warning.

        Raises UserError if all are damaged: a new training would replace what may be repaired.
        """
        paths = self._resumable()
        found = first_readable(paths)
        if paths and found is None:
            raise UserError(
                f"{self.path}: none of {len(paths)} checkpoints can be read; expected a whole one: "
                "restore it, or train in another folder (run.sh --exp-name NAME)"
            )
        return found

    def save_epoch(self, epoch: int, state: dict[str, Any]) -> Path:
        """Write the checkpoint of an epoch's end; remove those within epochs and old ones."""
        path = self.path / f"epoch-{epoch:03d}.pt"
        self._write(path, state)
        self._prune("epoch", self.keep, spare={"epoch-000.pt"})
        self._prune("step", 0)
        return path

    def save_step(self, step: int, state: dict[str, Any]) -> Path:
        """Write a checkpoint within an epoch; the last two of these are kept."""
        path = self.path / f"step-{step:08d}.pt"
        self._write(path, state)
        self._prune("step", 2)
        return path

    def link(self, path: Path, name: str) -> None:
        """Hard-link (or copy) the checkpoint ``path`` to ``name``, replacing it."""
        with path_for_replace(self.path / name) as temporary:
            try:
                temporary.hardlink_to(path)
            except OSError:  # some file systems have no hard links
                shutil.copyfile(path, temporary)

    def epochs(self) -> list[Path]:
        """Return the trained epochs' checkpoints, oldest first."""
        return [p for p in self._of_kind("epoch") if p.name != "epoch-000.pt"]

    def _write(self, path: Path, state: dict[str, Any]) -> None:
        try:
            save_model(path, state)
        except (UserError, RuntimeError) as error:
            # torch's zip writer reports a full disk as a RuntimeError.
            reason = " ".join(str(error).removeprefix(f"{path}: ").split())[:200]
            raise UserError(
                f"{path}: cannot be written: {reason}; earlier checkpoints are untouched"
            ) from None

    def _resumable(self) -> list[Path]:
        found = find_checkpoints(self.path.parent)
        return [path for path in found if path.name.startswith(("epoch-", "step-"))]

    def _of_kind(self, kind: str) -> list[Path]:
        """Return ``kind-NUMBER.pt``, oldest first."""
        return [p for p in reversed(self._resumable()) if p.name.startswith(f"{kind}-")]

    def _prune(self, kind: str, keep: int, spare: frozenset[str] | set[str] = frozenset()) -> None:
        files = [path for path in self._of_kind(kind) if path.name not in spare]
        for path in files[: max(0, len(files) - keep)]:
            path.unlink()
