"""Tables for a terminal."""

from collections.abc import Sequence

from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.results import Row


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines, with columns that are as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (zip(row, widths, strict=True) for row in rows)
    return "\n".join("  ".join(c.ljust(w) for c, w in line).rstrip() for line in lines)


def evaluation_table(rows: Sequence[Row], options: EvaluationOptions) -> str:
    """Return the figures of score files of one list: ``rows`` of ``evaluation.evaluate_files``."""
    first = rows[0]
    costs = [f"{kind}({p})" for p in options.points for kind in ("minDCF", "actDCF")]
    lines = [
        f"{first['trials']}: {first['num_target']} target and {first['num_nontarget']} "
        f"non-target trials; definition '{options.definition.name}':",
        f"{options.definition.text}.",
        "",
        _line(["EER %", *costs, "Cllr", "minCllr"], "scores"),
    ]
    for row in rows:
        lines.append(_figures(row, options))
        if "eer_interval" in row:
            lines.append(_intervals(row, options))
    return "\n".join(lines)


def _figures(row: Row, options: EvaluationOptions) -> str:
    costs = [f"{row[kind][p]:.4f}" for p in options.points for kind in ("min_dcf", "act_dcf")]
    cells = [f"{row['eer']:.3f}", *costs, f"{row['cllr']:.4f}", f"{row['min_cllr']:.4f}"]
    return _line(cells, row["scores"])


def _intervals(row: Row, options: EvaluationOptions) -> str:
    cells = [_bounds(row["eer_interval"], 2)]
    for p in options.points:
        cells += [_bounds(row[kind][p], 3) for kind in ("min_dcf_interval", "act_dcf_interval")]
    return _line([*cells, "", ""], f"95 % of {options.bootstrap} draws of speakers")


def _bounds(interval: Sequence[float], digits: int) -> str:
    return f"{interval[0]:.{digits}f}-{interval[1]:.{digits}f}"


def _line(cells: Sequence[str], last: str) -> str:
    return "  ".join(f"{cell:>13}" for cell in cells) + f"  {last}"
