"""Parts of an archive that are read as one file, and which of them is at fault."""

import json
from pathlib import Path

import pytest
from joined_parts import Parts, find_gap


def test_parts_read_as_one_file(tmp_path: Path) -> None:
    content = json.dumps(list(range(100))).encode()[: 4 * 97]
    paths = [tmp_path / f"{part}" for part in range(4)]
    for part, path in enumerate(paths):
        path.write_bytes(content[part * 97 : (part + 1) * 97])
    with Parts(paths) as parts:
        assert parts.read_at(0, 1000) == content
        assert parts.read_at(95, 3) == content[95:98]
        assert parts.read_at(len(content) - 1, 9) == content[-1:]
        assert (parts.part_at(96), parts.part_at(97)) == (paths[0], paths[1])


GAPS = {  # letters of the parts, in upper case those that are short
    "abcd": "x_partad is cut short (3 bytes): fetch it again",
    "abd": "x_partac is missing (4 parts are distributed): fetch it",
    "bcd": "x_partaa is missing",
    "abc": "x_partad is missing",
    "aBcd": "x_partab has 6 bytes, others 9: fetch it again",
    "Abcd": "x_partaa has 6 bytes, others 9",
}


@pytest.mark.parametrize(("letters", "expected"), GAPS.items())
def test_the_part_at_fault_is_named(tmp_path: Path, letters: str, expected: str) -> None:
    for letter in letters.lower():
        size = 3 if letter == "d" else 6 if letter.upper() in letters else 9
        (tmp_path / f"x_parta{letter}").write_bytes(bytes(size))
    found = find_gap(sorted(tmp_path.iterdir()), 4)
    assert found.startswith(f"{tmp_path}/{expected}")
