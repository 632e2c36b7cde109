"""Draw data_flow.svg, the way from a corpus to results: python docs/pictures/data_flow.py

Stages are boxes, one below the other; every arrow has the files that go along it.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

WIDTH, HEIGHT = 1090, 1130
LEFT, BOX_WIDTH, BOX_HEIGHT = 330, 300, 52
TOP, PITCH = 106, 126
RIGHT = LEFT + BOX_WIDTH
MIDDLE = LEFT + BOX_WIDTH // 2
STYLE = """
  text { font: 14px sans-serif; fill: #1f2933 }
  .file { font: 12.5px monospace; fill: #37474f }
  .stage { fill: #e8eef2; stroke: #546e7a; stroke-width: 1.4 }
  .data { fill: #fff8e1; stroke: #b08d2f; stroke-width: 1.2 }
  path { fill: none; stroke: #546e7a; stroke-width: 1.4; marker-end: url(#tip) }
"""


class Stage(NamedTuple):
    """A stage of run.sh: its name, the script behind it, and what it writes."""

    name: str
    script: str
    where: str
    files: str


STAGES = (
    Stage(
        "1 data directories",
        "local/<corpus>/prepare.sh",
        "data/<corpus>/{train,test,cohort}",
        "wav.scp utt2spk spk2utt, test/trials",
    ),
    Stage(
        "2 augmented copies",
        "steps/augment_data_dir.sh",
        "data/<corpus>/train_sp_aug",
        "wav.scp (wav-reverberate … |) utt2spk utt2uniq",
    ),
    Stage(
        "3 features",
        "steps/make_set_features.sh",
        "data/<corpus>/fbank80/train_sp_aug",
        "feats.scp (→ ark/*/*.ark) utt2num_frames",
    ),
    Stage(
        "4 training",
        "steps/train.sh (torchrun)",
        "exp/<corpus>/<recipe>",
        "recipe.yaml checkpoints/final.pt train.jsonl",
    ),
    Stage(
        "5 large-margin fine-tuning",
        "steps/train.sh --init",
        "exp/<corpus>/<recipe>/lm",
        "recipe.yaml checkpoints/final.pt train.jsonl",
    ),
    Stage(
        "6 embeddings",
        "steps/extract_embeddings.sh",
        "…/embeddings_{test,cohort}",
        "embedding.scp embedding.ark",
    ),
    Stage(
        "7 scores",
        "steps/score.sh",
        "…/scores",
        "trials.cosine trials.asnorm",
    ),
    Stage(
        "8 results",
        "steps/evaluate.sh",
        "exp/<corpus>/<recipe>",
        "results.json RESULTS.md det.png",
    ),
)

# What a stage reads beside products of stages, and the lines of the box.
INPUTS = (
    (2, ("MUSAN and room responses", "data/<corpus>/musan", "data/<corpus>/RIRS_NOISES")),
    (3, ("options of the features", "conf/fbank80.conf")),
    (4, ("the recipe and its bases", "egs/<corpus>/<recipe>/recipe.yaml")),
    (5, ("what differs in fine-tuning", "egs/<corpus>/<recipe>/lm.yaml")),
)


class Bypass(NamedTuple):
    """Files that a stage reads from one further up; shifts keep arrows of one box apart."""

    start: int
    end: int
    lane: int
    files: str
    start_shift: int = 0
    end_shift: int = 0


BYPASSES = (
    Bypass(1, 3, 345, "{test,cohort}/wav.scp", 10, -14),
    Bypass(3, 5, 345, "fbank80/train_sp/feats.scp", 2, -4),
    Bypass(3, 6, 395, "fbank80/{test,cohort}/feats.scp", 16, 16),
    Bypass(4, 6, 295, "checkpoints/final.pt (base)", 0, -8),
    Bypass(1, 7, 445, "test/trials", -10, 4),
    Bypass(1, 8, 445, "test/trials test/utt2spk", -10, 4),
)


def top_of(stage: int) -> int:
    """Return the upper edge of a stage's box."""
    return TOP + (stage - 1) * PITCH


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Return a line of text."""
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def box(x: int, y: int, width: int, lines: Sequence[str], kind: str, height: int) -> Iterator[str]:
    """Yield a box with centred lines."""
    yield f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>'
    first = y + height / 2 + 5 - 9 * (len(lines) - 1)
    for number, line in enumerate(lines):
        style = "file" if number else ""
        yield text(x + width / 2, first + 18 * number, line, style, "middle")


def stages() -> Iterator[str]:
    """Yield the column of stages and the arrows between them."""
    top = top_of(1)
    yield from box(LEFT, top - 90, BOX_WIDTH, ["a corpus: audio files, lists"], "data", 40)
    yield f'<path d="M{MIDDLE} {top - 50} V{top - 4}"/>'
    for number, stage in enumerate(STAGES, start=1):
        y = top_of(number)
        yield from box(LEFT, y, BOX_WIDTH, [stage.name, stage.script], "stage", BOX_HEIGHT)
        end = y + PITCH - 4 if number < len(STAGES) else y + BOX_HEIGHT + 36
        yield f'<path d="M{MIDDLE} {y + BOX_HEIGHT} V{end}"/>'
        yield text(MIDDLE + 10, y + BOX_HEIGHT + 30, stage.where, "file")
        yield text(MIDDLE + 10, y + BOX_HEIGHT + 48, stage.files, "file")


def inputs() -> Iterator[str]:
    """Yield what comes in from the left."""
    for stage, lines in INPUTS:
        height = 20 + 18 * len(lines)
        middle = top_of(stage) + BOX_HEIGHT // 2
        yield from box(10, middle - height // 2, 270, lines, "data", height)
        yield f'<path d="M280 {middle} H{LEFT - 4}"/>'


def bypass(way: Bypass) -> Iterator[str]:
    """Yield an arrow on the right that passes over stages, with its files where it ends."""
    middle = BOX_HEIGHT // 2
    start = top_of(way.start) + middle + way.start_shift
    end = top_of(way.end) + middle + way.end_shift
    lane = RIGHT + way.lane
    yield f'<path d="M{RIGHT} {start} H{lane} V{end} H{RIGHT + 4}"/>'
    yield text(RIGHT + 14, end - 6, way.files, "file")


def drawing() -> str:
    """Return the picture."""
    parts = [
        *stages(),
        *inputs(),
        *(line for way in BYPASSES for line in bypass(way)),
    ]
    tip = (
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0 L8 4 L0 8 z" style="fill: #546e7a; stroke: none"/></marker>'
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="From a corpus to results">'
    )
    frame = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    style = f"<style>{STYLE}</style>"
    return "\n".join([head, style, f"<defs>{tip}</defs>", frame, *parts, "</svg>\n"])


def main() -> None:
    """Write the picture beside this file."""
    Path(__file__).with_suffix(".svg").write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
