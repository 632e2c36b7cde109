"""What the generator asks of a case."""

from collections import defaultdict

from tests.hostile.calls import CALLS, Call
from tests.hostile.cases import Case, Commands

CHECKPOINT = "trained/checkpoints/final.pt"


def file_cases(command: str, call: Call, file: str) -> list[Case]:
    """Return cases of a call with this file changed."""
    read = defaultdict[Call, list[str]](list, {call: [file]})
    commands = Commands(read, seed=3)
    cases = (commands.case(command, n) for n in range(20 * commands.number_of_targets(command)))
    return [case for case in cases if case.what.startswith(f"{file}: ")]


def test_a_checkpoint_that_cannot_be_read_is_passed_over_only_where_training_goes_on() -> None:
    first, again = CALLS["train"][:2]
    assert "--init" in first.words and again.words[-1] == "trained"
    assert any(case.expected.must_fail for case in file_cases("train", first, CHECKPOINT))
    assert not any(case.expected.must_fail for case in file_cases("train", again, CHECKPOINT))
    assert any(case.expected.must_fail for case in file_cases("train", again, "data/train/utt2spk"))
