"""Shares of parallel jobs."""

from hypothesis import given
from hypothesis import strategies as st

from speakernet.work.shares import share


@given(st.integers(0, 50), st.integers(1, 9))
def test_shares_are_a_partition(count: int, num_jobs: int) -> None:
    items = [str(i) for i in range(count)]
    shares = [share(items, job, num_jobs) for job in range(1, num_jobs + 1)]
    assert [x for part in shares for x in part] == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
