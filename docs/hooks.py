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
    for package in sorted(ROOT.glob("speakernet/*/__init__.py")):
        name = package.parent.name
        pages[f"api/{name}.md"] = f"# speakernet.{name}\n\n::: speakernet.{name}\n"
    modules = sorted(p.stem for p in ROOT.glob("speakernet/[!_]*.py"))
    sections = "\n".join(f"## {name}\n\n::: speakernet.{name}\n" for name in modules)
    pages["api/speakernet.md"] = f"# speakernet\n\n{sections}"
    for page, text in pages.items():
        files.append(File.generated(config, page, content=text))
    return files


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
