"""The grammar of the places of arrays."""

import pytest

from speakernet.config import UserError
from speakernet.kaldi.places import WHOLE, Place, Range, parse_place, within


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a b.ark:12", Place("a b.ark", 12, False)),
        ("one.mat", Place("one.mat", 0, False)),
        ("c:\\x:y.ark:3[0:4]", Place("c:\\x:y.ark", 3, False, Range(0, 4))),
        ("/data/[old]/a.ark:7[1:2]", Place("/data/[old]/a.ark", 7, False, Range(1, 2))),
        ("a.ark:1[:,5:5]", Place("a.ark", 1, False, WHOLE, Range(5, 5))),
        (" cat 'a|b' | gunzip |", Place("cat 'a|b' | gunzip", 0, True)),
        ("cat x |[3:4,0:1]", Place("cat x", 0, True, Range(3, 4), Range(0, 1))),
    ],
)
def test_what_is_read(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|",
        " |[0:1]",
        "| cat",
        "-",
        "ark:a.ark",
        "scp,p:a.scp",
        "a.ark:1[]",
        "a[1:2:3]",
        "a[+1:2]",
        "a[2:1]",
        "a[0:1,0:1,0:1]",
        "a[٣:٤]",
        "a[0:99999999999]",
        "a:" + "9" * 19,
        "a:" + "1" * 5000,
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected|before it begins"):
        parse_place(text)


def test_rows_may_end_three_after_the_last_as_in_kaldi() -> None:
    for last in (9, 10, 12):
        assert within(parse_place(f"a[2:{last}]"), (10, 4)) == (slice(2, 10), slice(0, 4))
        assert within(parse_place(f"a[2:{last}]"), (10,)) == (slice(2, 10),)
    for text in ("a[2:13]", "a[10:11]", "a[:,0:4]"):
        with pytest.raises(UserError, match="does not fit an array of shape"):
            within(parse_place(text), (10, 4))
    with pytest.raises(UserError, match=r"range \[0:1,0:1\] does not fit"):
        within(parse_place("a[0:1,0:1]"), (10,))
