"""Temporary names, and what killed writers left."""

import os
import subprocess
import sys
import time
from pathlib import Path

from speakernet.work.temporary import remove_abandoned, target_of, unique_suffix


def test_a_name_is_unique_and_stands_for_its_target(tmp_path: Path) -> None:
    code = "from speakernet.work.temporary import unique_suffix; print(unique_suffix())"
    other = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    suffixes = [unique_suffix(), unique_suffix(), other]
    assert len(set(suffixes)) == 3
    for suffix in suffixes:
        assert target_of(tmp_path / f"a.b.ark.{suffix}") == tmp_path / "a.b.ark"
    assert target_of(tmp_path / "a.tmp") == tmp_path / "a.tmp"


def test_another_hosts_leftovers_go_after_a_day(tmp_path: Path) -> None:
    young, old = (tmp_path / f"a.elsewhere-{n}-0.tmp" for n in (1, 2))
    unrelated = tmp_path / "mine.tmp"
    for path in (young, old, unrelated):
        path.touch()
    two_days_ago = time.time() - 2 * 86400
    os.utime(old, (two_days_ago, two_days_ago))
    os.utime(unrelated, (two_days_ago, two_days_ago))
    remove_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([young, unrelated])
