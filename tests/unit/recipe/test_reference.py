"""docs/recipe_reference.md is what the classes say, and they say something of every key."""

from pathlib import Path

import pytest

from speakernet.bin.recipe_reference import main
from speakernet.config.reference import choices_of, description, sections_of
from speakernet.recipe import Recipe


def test_the_page_is_up_to_date(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    page = (repository / "docs/recipe_reference.md").read_text(encoding="utf-8")
    assert page == capsys.readouterr().out, (
        "run: speakernet recipe-reference > docs/recipe_reference.md"
    )


def test_every_key_says_what_it_means() -> None:
    silent = [
        f"{section.__name__}.{name}"
        for _, section in sections_of(Recipe)
        for name in section.model_fields
        if not description(section, name)
    ]
    silent += [
        f"{entry.options.__name__}.{name}"
        for choices in choices_of(Recipe)
        for entry in choices.entries()
        for name in entry.options.model_fields
        if name != choices.tag and not description(entry.options, name)
    ]
    assert silent == []


def test_everything_that_can_be_chosen_says_what_it_is() -> None:
    silent = [
        entry.key
        for choices in choices_of(Recipe)
        for entry in choices.entries()
        if not (entry.implementation.__doc__ or "").strip()
    ]
    assert silent == []
