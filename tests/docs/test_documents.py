"""The documents: paths, recipes, options and functions that they name exist; pictures are fresh."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from docs.hooks import rewrite_links
from docs.pictures import data_flow

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "tests/golden/*/README.md")
    for path in ROOT.glob(pattern)
)
FOLDERS = "benchmarks|conf|docs|egs|local|requirements|speakernet|steps|tests|utils"
# A path of the repository, unless it goes on with a placeholder or a choice (`<corpus>`, `{a,b}`).
PATH = re.compile(rf"(?<![\w./$@-])(?:{FOLDERS})/[\w./-]*\w(?![\w*{{<$…-]|/[*{{<$…])")
# What a reader is to make: by a command, or as the file whose name a block of code begins with.
MADE = re.compile(rf"(?:^mkdir -p |^cp -r \S+ |^# )((?:{FOLDERS})/[\w./-]*\w)$", re.MULTILINE)
EXAMPLES = ("egs/mine", "local/mine")
# A row of a walk: where, then the functions, each in code.
WALK = re.compile(r"^\| `(speakernet/[\w/]+\.py)` \| (.*?) \|", re.MULTILINE)
# A command with the rest of its line: `run.sh`, a step, or a command of speakernet.
COMMAND = re.compile(r"(?:bash |(?<=[\n`]))(run\.sh|steps/\w+\.sh|speakernet [a-z-]+)( [^\n#`]*)?")


def is_made(path: str, made: list[str]) -> bool:
    """Return whether ``path`` is, lies in, or is the folder of something that a reader makes."""
    return any(path.startswith(name) or name.startswith(f"{path}/") for name in (*made, *EXAMPLES))


def read(document: str) -> str:
    """Return the text of a document, wrapped lines of commands joined."""
    return (ROOT / document).read_text(encoding="utf-8").replace("\\\n", " ")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    text = read(document)
    made = MADE.findall(text)
    named = {path for path in PATH.findall(text) if not is_made(path, made)}
    missing = {path for path in named if not (ROOT / path).exists()}
    assert not missing


@cache
def options_of(command: str) -> set[str]:
    """Return the options that the help of a command has."""
    words = command.split() if command.startswith("speakernet") else ["bash", command]
    words[0] = str(ROOT / "utils/speakernet") if words[0] == "speakernet" else words[0]
    usage = subprocess.run([*words, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"--[a-z][\w-]*", usage.stdout))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_have_the_options_that_documents_give_them(document: str) -> None:
    for command, rest in COMMAND.findall(read(document)):
        given = set(re.findall(r"(?<![\w\"-])--[a-z][\w-]*", re.sub(r'"[^"]*"', "", rest)))
        assert given <= options_of(command), (command, rest)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_functions_of_walks_are_where_they_say(document: str) -> None:
    for path, functions in WALK.findall(read(document)):
        source = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"`([\w.]+)`", functions):
            for part in name.split("."):
                assert re.search(rf"^\s*(?:def|class) {part}\b", source, re.MULTILINE), (path, name)


def test_architecture_walks_through_files() -> None:
    assert len(WALK.findall(read("docs/architecture.md"))) > 15


def test_the_data_flow_is_what_its_program_draws() -> None:
    picture = ROOT / "docs/pictures/data_flow.svg"
    assert picture.read_text(encoding="utf-8") == data_flow.drawing()


@pytest.mark.parametrize(
    ("source", "page", "link", "expected"),
    [
        ("README.md", "index.md", "[a](docs/formats.md#x)", "[a](formats.md#x)"),
        ("README.md", "index.md", "![a](docs/pictures/p.png)", "![a](pictures/p.png)"),
        ("docs/a.md", "a.md", "[a](../README.md)", "[a](index.md)"),
        ("docs/a.md", "a.md", "[a](../CONTRIBUTING.md#b)", "[a](contributing.md#b)"),
        ("docs/a.md", "a.md", "[a](b.md) [c](../run.sh)", "[a](b.md) c"),
        (
            "tests/golden/models/README.md",
            "golden/models.md",
            "[a](../../../docs/b.md)",
            "[a](../b.md)",
        ),
    ],
)
def test_links_lead_to_pages_of_the_site(source: str, page: str, link: str, expected: str) -> None:
    assert rewrite_links(link, source, page) == expected


@pytest.mark.parametrize("link", ["[a](../gone.sh)", "[a](https://example.org/b.md)", "[a](#b)"])
def test_links_that_mkdocs_must_judge_stay(link: str) -> None:
    assert rewrite_links(link, "docs/a.md", "a.md") == link
