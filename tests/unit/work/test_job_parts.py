"""The parts of parallel jobs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakernet.config import UserError
from speakernet.work.job_parts import job_part, job_paths


@given(st.integers(0, 50), st.integers(1, 9))
def test_parts_are_a_partition(count: int, num_jobs: int) -> None:
    items = [str(i) for i in range(count)]
    parts = [job_part(items, job, num_jobs) for job in range(1, num_jobs + 1)]
    assert [x for part in parts for x in part] == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_only_the_end_of_a_pattern_is_the_number() -> None:
    assert [str(path) for path in job_paths(Path("/JOBS/JOB/x.JOB"), 2)] == [
        "/JOBS/JOB/x.1",
        "/JOBS/JOB/x.2",
    ]


@pytest.mark.parametrize("pattern", ["JOB", "parts/x.1", "parts/JOB.x", "."])
def test_a_pattern_has_the_number_at_its_end(pattern: str) -> None:
    with pytest.raises(UserError, match=f"'{pattern}': expected the path of parts"):
        job_paths(Path(pattern), 2)
