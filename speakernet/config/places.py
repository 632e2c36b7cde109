"""Where the files are that come with the package: Kaldi's configurations, recipes, figures."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped(*parts: str) -> Path:
    """Return the path of a file in ``conf`` or ``egs``: of the checkout, or of what was installed.

    setup.py copies both folders into the package when it is built.
    """
    copied = _PACKAGE / "shipped"
    return (copied if copied.is_dir() else _PACKAGE.parent).joinpath(*parts)
