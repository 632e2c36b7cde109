"""Pages of the documentation site that are not in docs/, and links between files of the repository.

mkdocs calls the ``on_…`` functions. README.md, CONTRIBUTING.md and the READMEs of tests/golden
become pages; each package gets a page, which mkdocstrings fills from docstrings. A link to a file
of the repository that is no page becomes plain text: on a code host it works. A link to a file
that does not exist stays as it is, so that ``mkdocs build --strict`` fails.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def documents() -> dict[str, str]:
    """Return the page that each document outside docs/ becomes."""
    golden = sorted(ROOT.glob("tests/golden/*/README.md"))
    return {
        "README.md": "index.md",
        "CONTRIBUTING.md": "contributing.md",
        **{str(p.relative_to(ROOT)): f"golden/{p.parent.name}.md" for p in golden},
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents outside docs/, a page for each package and one for the other modules."""
    pages = {page: (ROOT / source).read_text("utf-8") for source, page in documents().items()}
    for package in sorted(p.parent for p in ROOT.glob("speakernet/*/__init__.py")):
        pages[f"api/{package.name}.md"] = api_page(package)
    modules = "".join(map(api_section, sorted(ROOT.glob("speakernet/[!_]*.py"))))
    pages["api/speakernet.md"] = f"# speakernet\n{modules}"
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    return files


def api_page(package: Path) -> str:
    """Return the page of a package: what it is for, then its modules, those of subpackages too."""
    files = sorted(package.rglob("*.py"), key=lambda p: (p.parent, p.stem != "__init__", p.stem))
    sections = "".join(map(api_section, files))
    return sections.replace("\n## ", "# speakernet.", 1)


def api_section(file: Path) -> str:
    """Return the section of a module; of a package only its docstring, as its modules follow."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    name, options = ".".join(parts), ""
    if parts[-1] == "__init__":
        name, options = ".".join(parts[:-1]), "\n    options: {members: false}"
    return f"\n## {name.removeprefix('speakernet.')}\n\n::: {name}{options}\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between files of the repository lead to pages of the site."""
    sources = {page: source for source, page in documents().items()}
    name = page.file.src_uri
    return rewrite_links(markdown, sources.get(name, f"docs/{name}"), name)


def rewrite_links(markdown: str, source: str, page: str) -> str:
    """Return ``markdown`` of the repository's file ``source`` with the links of ``page``."""

    def rewrite(match: re.Match[str]) -> str:
        image, text, target, anchor = match[1], match[2], match[3], match[4] or ""
        if ":" in target:
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        goal = documents().get(path)
        if goal is None and path.startswith("docs/"):
            goal = path.removeprefix("docs/")
        if goal is None:
            return text if (ROOT / path).exists() else match[0]
        return f"{image}[{text}]({posixpath.relpath(goal, posixpath.dirname(page))}{anchor})"

    return LINK.sub(rewrite, markdown)
