"""Print every key of a recipe with type, default and meaning.

docs/recipe_reference.md is made so: speakernet recipe-reference > docs/recipe_reference.md
"""

from argparse import Namespace

from speakernet.bin.cli import run
from speakernet.bin.options.program import program


@program("users")
def main(args: Namespace) -> int:
    """Print the reference; return the exit status."""
    from speakernet.recipe.reference import recipe_reference

    print(recipe_reference(), end="")
    return 0


if __name__ == "__main__":
    run(main)
