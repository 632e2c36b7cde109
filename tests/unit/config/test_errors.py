"""Errors that name their place."""

import pytest

from speakernet.config.errors import UserError, naming, suggestion


def test_places_are_put_before() -> None:
    message = r"^a.scp: 'u1': no such file$"
    with pytest.raises(UserError, match=message), naming("a.scp"), naming("'u1'"):
        raise UserError("no such file")


def test_other_exceptions_stay_as_they_are() -> None:
    with pytest.raises(KeyError, match="^'u1'$"), naming("a.scp"):
        raise KeyError("u1")


def test_the_nearest_word() -> None:
    assert suggestion("cosin", ["cosine", "asnorm"]) == " (did you mean 'cosine'?)"
    assert suggestion("xyz", ["cosine", "asnorm"]) == ""
