"""What stages took: sums over products and jobs, nothing twice, nothing strange believed."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.report.accounting import read_usage, write_accounting


def line(stage: str, product: str, runner: str, log: str, job: int, figures: str) -> str:
    """A line as the runners write it; ``figures``: node, start, end, CPU, KiB, GPUs."""
    node, start, end, cpu, kib, gpus = figures.split()
    fields = [stage, product, runner, log, job, 1, 7, "done", 0, node, start, start, end, cpu, kib]
    return "\t".join(map(str, [*fields, 1, gpus])) + "\n"


def table(tmp_path: Path, *lines: str) -> tuple[list[list[str]], list[str]]:
    (tmp_path / "usage.tsv").write_text("".join(lines))
    texts = list(write_accounting(tmp_path / "usage.tsv", tmp_path / "a.tsv"))
    return [row.split("\t") for row in (tmp_path / "a.tsv").read_text().splitlines()[1:]], texts


def test_local_jobs_are_in_their_product_and_remote_ones_are_added(tmp_path: Path) -> None:
    rows, texts = table(
        tmp_path,
        line("3 features", "D/test", "run.pl", "x.1.log", 1, "home 100 109 8.5 1048576 0"),
        line("3 features", "D/test", "here", "-", 1, "home 90 110 12 524288 0"),
        line("3 features", "D/train", "slurm.pl", "y.1.log", 1, "n1 200 260 50 2097152 0"),
        line("3 features", "D/train", "slurm.pl", "y.2.log", 2, "n2 200 230 - - 0"),
        line("3 features", "D/train", "slurm.pl", "y.2.log", 2, "n3 230 260 30 - 0"),
        line("3 features", "D/train", "srun", "y.1.log", 0, "- - - 7 3145728 0"),
        line("3 features", "D/train", "here", "-", 1, "home 190 265 1 1024 0"),
    )
    assert rows[0] == ["3 features", "95", "100", "3.00", "0.00", "4", "1", "home n1 n2 n3"]
    assert rows[1] == ["all", *rows[0][1:]]
    assert texts[0] == (
        "of stage 3 features: 95 s in all, 2 min of CPU, at most 3.00 GiB, 4 jobs, 1 of them "
        "again; on home n1 n2 n3"
    )


def test_gpus_are_those_of_the_jobs_or_else_of_this_machine(tmp_path: Path) -> None:
    job = line("4 training", "E/checkpoints", "queue.pl", "job.log", 1, "g1 0 0 - - 8")
    rows, _ = table(
        tmp_path,
        job,
        job.replace("\t0\t0\t-", "\t1000\t8200\t-"),
        line("4 training", "E/checkpoints", "here", "-", 1, "login 900 8300 1 1 2"),
        line(
            "5 large-margin fine-tuning", "E/lm/checkpoints", "here", "-", 1, "home 10 1810 9 9 4"
        ),
    )
    assert [row[4] for row in rows] == ["16.00", "2.00", "18.00"]
    assert rows[0][5:7] == ["2", "1"]


def test_many_machines_are_counted(tmp_path: Path) -> None:
    jobs = (line("6 x", "p", "slurm.pl", "l", n, f"n{n:02d} 1 2 1 1 0") for n in range(30))
    rows, _ = table(tmp_path, *jobs)
    assert rows[0][-1].startswith("n00 n01") and rows[0][-1].endswith("n07 … (30 machines)")


def test_no_lines_no_rows(tmp_path: Path) -> None:
    assert table(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n", "usage.tsv:1: expected 17 fields with tabs, found 2"),
        (line("3 x", "p", "here", "-", 1, "h 1 2 nan 1 0"), "expected a number, 0 or more, or -"),
        (line("3 x", "p", "here", "-", 1, "h 1 2 1 1 $(id)"), r"found '\$\(id\)'"),
    ],
)
def test_other_lines_are_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "usage.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_usage(path)
