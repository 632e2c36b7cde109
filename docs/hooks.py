"""What the documentation site shows beside docs/*.md, for mkdocs: pages from elsewhere in the repository, and the API.

A link to a file of the repository that is no page of the site becomes plain text there; on a code
host it works. A link to a file that does not exist stays, and ``mkdocs build --strict`` fails.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")


def documents() -> dict[str, str]:
    """Return which page of the site each document outside docs/ becomes."""
    golden = sorted(ROOT.glob("tests/golden/*/README.md"))
    return {
        "README.md": "index.md",
        "CONTRIBUTING.md": "contributing.md",
        **{str(p.relative_to(ROOT)): f"golden/{p.parent.name}.md" for p in golden},
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents outside docs/, and a page for each package."""
    for source, page in documents().items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    for package in sorted(p.parent for p in ROOT.glob("speakernet/*/__init__.py")):
        files.append(File.generated(config, f"api/{package.name}.md", content=api_page(package)))
    modules = [p for p in sorted(ROOT.glob("speakernet/*.py")) if p.stem != "__init__"]
    text = "# speakernet\n\n" + "\n".join(f"## {p.stem}\n\n::: speakernet.{p.stem}\n" for p in modules)
    files.append(File.generated(config, "api/speakernet.md", content=text))
    return files


def api_page(package: Path) -> str:
    """Return the page of a package: its docstring, then its modules."""
    return f"# speakernet.{package.name}\n\n::: speakernet.{package.name}\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between files of the repository lead to the pages of the site."""
    sources = {page: source for source, page in documents().items()}
    source = sources.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    return rewrite_links(markdown, source, page.file.src_uri)


def rewrite_links(markdown: str, source: str, page: str) -> str:
    """Return ``markdown`` of the repository's file ``source`` with the links that ``page`` needs."""

    def rewritten(match: re.Match[str]) -> str:
        image, text, target, anchor = match[1], match[2], match[3], match[4] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        name = documents().get(path) or (path[5:] if path.startswith("docs/") else None)
        if name is None:
            return text if (ROOT / path).exists() else match[0]
        relative = posixpath.relpath(name, posixpath.dirname(page) or ".")
        return f"{image}[{text}]({relative}{anchor})"

    return LINK.sub(rewritten, markdown)
