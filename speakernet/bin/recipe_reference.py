"""Print every key of a recipe with type, default and meaning.

docs/recipe_reference.md is made so: speakernet recipe-reference > docs/recipe_reference.md
"""

from collections.abc import Sequence

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser

GROUP = "users"

HEAD = """# Recipe reference

Made by `speakernet recipe-reference > docs/recipe_reference.md` from the classes that hold the
defaults.

A recipe is a YAML file that holds only what differs from its bases: `base: [other.yaml, …]`, paths
relative to itself, later ones win. Mappings merge key by key; anything else replaces. Some keys
choose one of several things by name (see "Choices"): the other keys beside the name are options of
that thing, and those of another are an error. Another name than the base's drops the base's
options; a bare name (`pooling: asp`) stands for `{name: asp}`; options without a name are those of
the default.
"""


def make_parser() -> Parser:
    """Return the parser of the command line."""
    return Parser(__file__, __doc__)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the reference; return the exit status."""
    make_parser().parse_args(argv)
    print(recipe_reference(), end="")
    return 0


def recipe_reference() -> str:
    """Return the text of docs/recipe_reference.md."""
    from speakernet.config.reference import reference  # pydantic takes a while to import
    from speakernet.recipe import Recipe

    return f"{HEAD}\n{reference(Recipe)}"


if __name__ == "__main__":
    run(main)
