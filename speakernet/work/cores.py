"""How many cores this process may use."""

import os

ASKED_FOR = "SPEAKERNET_CORES"
"""The environment variable with a number of cores that the user has chosen."""

# What Slurm and GridEngine tell a job that they have given it, whether or not they bind it to that.
_GIVEN = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "NSLOTS")


def num_cores() -> int:
    """Return the number of cores that were asked for, or else those that this process may use: of
    the machine, but no more than a batch system has given the job.
    """
    asked = _number(ASKED_FOR)
    if asked:
        return asked
    given = next(filter(None, map(_number, _GIVEN)), None)
    here = len(os.sched_getaffinity(0))
    return min(given, here) if given else here


def _number(name: str) -> int | None:
    text = os.environ.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
