"""The reference of all keys of a recipe, docs/recipe_reference.md."""

from speakernet.config.reference import reference
from speakernet.recipe import Recipe

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


def recipe_reference() -> str:
    """Return the text of docs/recipe_reference.md."""
    return f"{HEAD}\n{reference(Recipe)}"
