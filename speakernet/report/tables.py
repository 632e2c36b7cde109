"""Results as Markdown: the table of one experiment, and that of all of a corpus."""

from collections.abc import Iterable, Sequence

from speakernet.backend.config import CALIBRATED, QMF
from speakernet.report.published import Published, published_figures
from speakernet.report.results import Row, sort_key


def experiment_report(
    title: str, rows: Sequence[Row], notes: Sequence[str], published: Sequence[Published] = ()
) -> str:
    """Return the Markdown of one recipe's ``rows``; ``notes`` follow the table."""
    lines = [f"# {title}", ""]
    lines += results_table(sorted(rows, key=sort_key), published, with_recipe=False)
    lines += ["", *trial_list_sizes(rows), "", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def corpus_report(
    corpus: str, rows: Sequence[Row], notes: Sequence[str], published: Sequence[Published] = ()
) -> str:
    """Return the Markdown of all recipes of a corpus, and published rows without a result."""
    ordered = sorted(rows, key=sort_key)
    lines = [f"# Results on {corpus}", ""]
    lines += ["Written by `speakernet collect-results`; not edited by hand.", ""]
    for trials in sorted({row["trials"] for row in ordered}):
        some = [row for row in ordered if row["trials"] == trials]
        lines += [f"## {trials}", "", *trial_list_sizes(some), ""]
        lines += [*results_table(some, published, with_recipe=True), ""]
    if published:
        lines += ["## Published figures", "", *published_table(published, ordered), ""]
    return "\n".join([*lines, *(f"- {note}" for note in notes)]) + "\n"


def results_table(
    rows: Sequence[Row], published: Sequence[Published], *, with_recipe: bool
) -> list[str]:
    """Return the lines of a table with one line per row, published figures at the right."""
    p_targets = sorted({p for row in rows for p in row["min_dcf"]}, key=float)
    header = ["recipe", "commit"] if with_recipe else ["trials"]
    header += ["model", "scoring", "EER %", "95 % interval"]
    header += [f"minDCF({p})" for p in p_targets]
    if any(row["scoring"].endswith((CALIBRATED, QMF)) for row in rows):
        header += [f"actDCF({p})" for p in p_targets] + ["Cllr", "minCllr"]
    figures = [published_figures(row, published) for row in rows]
    shows_published = any(figures)
    header += ["published EER %", "published minDCF"] if shows_published else []
    body = [
        _cells(row, p_targets, header, with_recipe) + _published_cells(figure, shows_published)
        for row, figure in zip(rows, figures, strict=True)
    ]
    return markdown_table(header, body)


def _cells(
    row: Row, p_targets: Sequence[str], header: Sequence[str], with_recipe: bool
) -> list[str]:
    cells = [row.get("recipe", ""), row.get("commit", "")] if with_recipe else [row["trials"]]
    low_high = row.get("eer_interval")
    interval = f"{low_high[0]:.2f} – {low_high[1]:.2f}" if low_high else ""
    cells += [row["model"], row["scoring"], f"{row['eer']:.3f}", interval]
    cells += [f"{row['min_dcf'][p]:.4f}" if p in row["min_dcf"] else "" for p in p_targets]
    if "Cllr" in header:
        values = [row.get("act_dcf", {}).get(p) for p in p_targets]
        values += [row.get("cllr"), row.get("min_cllr")]
        cells += ["" if value is None else f"{value:.4f}" for value in values]
    return cells


def _published_cells(figure: tuple[str, str] | None, wanted: bool) -> list[str]:
    return list(figure or ("", "")) if wanted else []


def trial_list_sizes(rows: Iterable[Row]) -> list[str]:
    """Return one sentence per trial list, or two if trials were left out of it."""
    lists = {row["trials"]: row for row in rows}
    return [
        f"`{name}`: {row['num_target']:,} target and {row['num_nontarget']:,} non-target trials."
        f"{_left_out(row)}  "
        for name, row in sorted(lists.items())
    ]


def _left_out(row: Row) -> str:
    number = row.get("num_left_out", 0)
    return f" {number:,} are left out, as their recordings are missing." if number else ""


def published_table(published: Sequence[Published], rows: Sequence[Row]) -> list[str]:
    """Return every published figure with ours beside it; ours is empty until someone ran it."""
    header = ["system", "trained on", "mel bins", "LMFT", "scoring", "trials", "published EER %"]
    header += ["published minDCF", "p_target", "our EER %", "our minDCF"]
    body = []
    for entry in published:
        ours = next((r for r in rows if published_figures(r, [entry])), None)
        figures = [f"{ours['eer']:.3f}", _cost(ours, entry)] if ours else ["", ""]
        body.append([*entry.cells(), entry.eer, entry.min_dcf, entry.p_target, *figures])
    return markdown_table(header, body)


def _cost(row: Row, entry: Published) -> str:
    cost = row["min_dcf"].get(entry.p_target)
    return "" if cost is None else f"{cost:.4f}"


def markdown_table(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Return a table whose columns are padded to line up in plain text too."""
    widths = [max(len(line[i]) for line in [header, *body]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *body]
    return [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
