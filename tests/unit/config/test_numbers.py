"""Numbers as text: what Python takes and no program writes on purpose is refused."""

import pytest

from speakernet.config.numbers import parse_number, parse_numbers, parse_whole


@pytest.mark.parametrize("text", ["0", "-0.0", "12.5", ".5", "5.", "1e-3", "-2.5E10", "007"])
def test_numbers(text: str) -> None:
    assert parse_number(text) == parse_number(text.encode()) == float(text)
    assert list(parse_numbers([b"1", text.encode()])) == [1, float(text)]


@pytest.mark.parametrize(
    "text",
    ["2_5", "0b1", "0x1p3", "٤٢", "7e999", "-9e400", "NaN", "infinity", " 3", "3\t", "+8", "", "-",
     "1-", "--1", "e5", "1e", "1.2.3", "1,5", "½", "1\u00a0"],
)  # fmt: skip
def test_no_numbers(text: str) -> None:
    for parse in (parse_number, parse_whole):
        with pytest.raises(ValueError):
            parse(text)
    with pytest.raises(ValueError):
        parse_numbers([b"1", text.encode()])


def test_whole_numbers_fit_into_64_bits() -> None:
    assert parse_whole("-12") == -12 and parse_whole(b"9" * 18) == 10**18 - 1
    for text in ("9" * 19, "1.0", "1e3", "-"):
        with pytest.raises(ValueError):
            parse_whole(text)
