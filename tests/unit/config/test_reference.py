"""The reference has every key, and says so where nothing is said."""

from speakernet.config import Config
from speakernet.config.reference import choices_of, description, options_of, reference, sections_of
from tests.unit.config.sections import NETWORKS, SCHEDULES, Constant, DeepOptions, Recipe


class Inner(Config):
    """Within.

    More of it.
    """

    share: float | None = None
    """A share;
    in two lines."""


class Outer(Config):
    """Around."""

    inner: Inner = Inner()
    """One."""
    other: Inner | None = None
    recipe: Recipe = Recipe()
    """Two | three."""


class Derived(Constant):
    value: float = 3.0
    limit: int = 4


def test_sections_and_choices_are_found_with_their_keys() -> None:
    assert list(sections_of(Outer)) == [
        ("", Outer),
        ("inner", Inner),
        ("other", Inner),
        ("recipe", Recipe),
    ]
    assert choices_of(Outer) == {
        SCHEDULES: ["recipe.schedule", "recipe.network.dropout"],
        NETWORKS: ["recipe.network"],
    }


def test_a_field_is_described_by_itself_or_by_what_it_overrides() -> None:
    assert description(Inner, "share") == "A share; in two lines."
    assert description(Derived, "value") == "The value."
    assert description(Derived, "limit") == description(Outer, "other") == ""


def test_options_have_types_defaults_and_meanings() -> None:
    dropout, widths = options_of(DeepOptions, tag="name")
    assert dropout == (
        "dropout",
        SCHEDULES,
        "schedule or null",
        "`null`",
        "Share of zeros; null: none.",
    )
    assert widths == ("widths", None, "list of: integer", "`[3, 4]`", "Of the layers.")
    assert [option.name for option in options_of(Outer)] == ["inner", "other", "recipe"]


def test_the_reference_is_markdown() -> None:
    lines = reference(Outer).splitlines()
    assert lines[:3] == ["## Top level", "", "Around."]
    assert "| `recipe` | section |  | Two \\| three. |" in lines
    assert "| `inner.share` | number or null | `null` | A share; in two lines. |" in lines
    assert "Within." in lines
    assert "| `recipe.schedule` | schedule | `constant` | Over the run. |" in lines
    assert "## Choices: `recipe.schedule`, `recipe.network.dropout`" in lines
    assert "| `staircase` | Steps. |" in lines
    assert "| `value` | `constant` | number ≥ 0 | `1.0` | The value. |" in lines
    assert "## Choices: `recipe.network`" in lines
    assert "| `deep18`, `deep34_wide` | a deep one |" not in lines
    assert (
        "| `recipe.network.widths` | `deep18` | list of: integer | `[3, 4]` | Of the layers. |"
        in lines
    )
