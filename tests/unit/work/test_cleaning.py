"""Products whose files were removed: later ones stay done, and what needs them says so."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.cleaning import Removal, check_removals, count, is_cleaned, remove, size_text
from speakernet.work.contents import content_of
from speakernet.work.products import ARCHIVES, is_done
from speakernet.work.record import compute_checksum, write_record
from tests.unit.work.small_products import finish, made_from, write

pytestmark = pytest.mark.usefixtures("here")
SET, LATER = Path("sets/a"), Path("later")


def make(product: Path = SET, *, has_archive: bool = False) -> Path:
    """A finished product of two files, or of a file and an archive beside it."""
    write(product / "utt2spk", "a b\n")
    write(product / "wav.scp", "a x.wav\n" * 500)
    if has_archive:
        ark = write(product.parent / f"ark/{product.name}/1.ark", "samples " * 5000)
        write_record(
            product / ARCHIVES, {}, {f"../ark/{product.name}/1.ark": compute_checksum(ark)}
        )
    finish(product)
    return product


def content() -> dict[str, str]:
    return content_of(SET, Path("later"))


@pytest.mark.parametrize(("has_archive", "num_bytes"), [(False, 4004), (True, 40_000)])
def test_what_is_made_from_it_sees_no_difference(has_archive: bool, num_bytes: int) -> None:
    make(has_archive=has_archive)
    before = content()
    assert not is_cleaned(SET)
    removal = Removal(SET, [make(LATER)])
    assert count(removal) == (1 if has_archive else 2, num_bytes)
    assert remove([removal]) == num_bytes and count(removal) == (0, 0)
    assert is_cleaned(SET)
    assert (SET / "wav.scp").exists() == has_archive
    assert content() == before
    assert remove([Removal(SET)]) == 0 and is_cleaned(SET) and content() == before


def test_its_own_stage_makes_it_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    wanted = made_from(product=make())
    assert is_done(SET, (), wanted)
    remove([Removal(SET)])
    assert not is_done(SET, (), wanted)
    assert caplog.messages[-1] == "made again: its files were removed (run.sh --clean)"
    make()
    assert is_done(SET, (), wanted) and not is_cleaned(SET)


def test_it_is_not_made_again_while_nothing_needs_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    wanted, other = made_from(product=make()), Path("other")
    make(LATER)
    remove([Removal(SET, [LATER])])
    assert is_done(SET, (), wanted, needed_by=[LATER])
    assert caplog.messages[-1].endswith("and nothing needs them; skipped")
    assert not is_done(SET, (), wanted, needed_by=[LATER, other])
    assert not is_done(SET, (), made_from(command=["else"], product=SET), needed_by=[LATER])


def test_a_file_that_is_lost_otherwise_is_still_missed() -> None:
    remove([Removal(make())])
    make()
    (SET / "utt2spk").unlink()
    with pytest.raises(UserError, match="utt2spk is missing"):
        content()


def test_what_is_needed_stays() -> None:
    removal = Removal(make(), [LATER])
    for _ in range(2):
        with pytest.raises(UserError, match=r"sets/a: is still needed: later, which is made from"):
            check_removals([removal])
        make(LATER)
        check_removals([removal])
        (LATER / "utt2spk").unlink()
    remove([Removal(make(LATER))])  # what it is for is there
    check_removals([removal])


def test_parts_go_with_it_but_no_products_and_nothing_elsewhere() -> None:
    part, elsewhere, other = (Path(n) for n in ("sets/a_noise", "below/a_noise", "sets/b"))
    write(part / "wav.scp")
    write(elsewhere / "wav.scp")
    removal = Removal(make(), parts=[part, elsewhere, make(other), SET, Path("sets/none")])
    assert count(removal) == (3, 4006) and part.is_dir()
    assert remove([removal]) == 4006
    assert not part.exists() and elsewhere.is_dir() and (other / "wav.scp").is_file()


@pytest.mark.parametrize("text", ["", "[", "3", '{"wav.scp": 1}', "[1, null]", "\0"])
def test_a_list_of_removed_files_that_is_none(text: str) -> None:
    write(make() / ".cleaned", text)
    (SET / "wav.scp").unlink()
    assert not is_cleaned(SET)
    with pytest.raises(UserError, match=r"wav\.scp is missing"):
        content()


def test_sizes_as_people_read_them() -> None:
    sizes = [512, 2_340_000, 56_700_000_000, 1_200_000_000_000]
    assert [size_text(size) for size in sizes] == ["0.5 kB", "2.3 MB", "56.7 GB", "1.2 TB"]
