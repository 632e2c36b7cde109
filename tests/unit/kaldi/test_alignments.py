from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.alignments import Phone, read_alignments


def test_a_ctm_is_read_in_order_of_time(tmp_path: Path) -> None:
    ctm = tmp_path / "phones.ctm"
    ctm.write_text(
        ";; made by hand\nu 1 0.50 0.25 AH0 0.93\nu 1 0 0.5 sil\n\nv A 1 0.1 S\nw 1 0 1 T\n"
    )
    found = read_alignments(ctm, ["u", "v", "x"])
    assert found == {
        "u": [Phone(0, 0.5, "sil"), Phone(0.5, 0.75, "AH0")],
        "v": [Phone(1, 1.1, "S")],
    }


def test_a_folder_of_timits_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "fcjf0_sa1.PHN").write_text("0 1600 h#\n1600 4800 sh\n")
    (tmp_path / "other.phn").write_text("0 16000 iy\n")
    found = read_alignments(tmp_path, ["fcjf0_sa1", "other", "none"])
    assert found == {
        "fcjf0_sa1": [Phone(0, 0.1, "h#"), Phone(0.1, 0.3, "sh")],
        "other": [Phone(0, 1, "iy")],
    }


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("a.ctm", "u 1 0.5 AH", r"a.ctm:2: found 4 fields; expected utt channel start"),
        ("a.ctm", "u 1 0.5 -1 AH", r"a.ctm:2: found '0.5 -1'; expected start and duration"),
        ("a.ctm", "u 1 nan 1 AH", r"a.ctm:2: found 'nan 1'"),
        ("u.PHN", "0 x iy", r"u.PHN:2: found '0 x'; expected samples"),
        ("u.PHN", "0 1", r"u.PHN:2: found 2 fields; expected first sample"),
    ],
)
def test_a_line_that_is_none_is_named(name: str, line: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(f"{'0 1 aa' if name == 'u.PHN' else 'u 1 0 1 AA'}\n{line}\n")
    with pytest.raises(UserError, match=message):
        read_alignments(tmp_path if name == "u.PHN" else path, ["u"])
