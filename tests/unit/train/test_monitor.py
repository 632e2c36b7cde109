import json
import math
from pathlib import Path

import pytest
import torch

from speakernet.config import UserError
from speakernet.data.reading_times import ReadingTimes
from speakernet.train.monitor import DivergenceDetector, JsonLog, Logs, Meter

DATA_DIR = Path("data/odd name")


def test_a_continued_log_drops_what_comes_again_and_what_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    lines = [json.dumps({"step": step}) for step in (5, 10, 15)]
    path.write_text("\n".join(lines) + '\n{"step": 2')
    log = JsonLog(path, step=10)
    log.write({"step": 11, "loss": 0.5})
    log.close()
    steps = [json.loads(line)["step"] for line in path.read_text().splitlines()]
    assert steps == [5, 10, 11]


def new_meter() -> Meter:
    return Meter(torch.device("cpu"), ReadingTimes())


def test_means_are_those_since_the_last_line() -> None:
    meter = new_meter()
    for loss in (1.0, 3.0):
        meter.add(torch.tensor(loss), torch.tensor(0.5), torch.tensor(2.0))
    means, speed, seconds = meter.take()
    assert means[:3].tolist() == [2.0, 0.5, 2.0] and speed > 0 and seconds > 0
    meter.add(torch.tensor(7.0), torch.tensor(1.0), torch.tensor(1.0))
    assert meter.take().means[:3].tolist() == [7.0, 1.0, 1.0]


def test_a_restored_meter_goes_on_with_the_sums() -> None:
    first, second = (
        new_meter(),
        new_meter(),
    )
    first.add(torch.tensor(4.0), torch.tensor(0.25), torch.tensor(3.0))
    second.load_state_dict(first.state_dict())
    second.add(torch.tensor(2.0), torch.tensor(0.75), torch.tensor(1.0))
    assert second.take().means[:3].tolist() == [3.0, 0.5, 2.0]


def test_the_speed_is_that_since_the_clock_was_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    meter, one = new_meter(), torch.tensor(1.0)
    for _ in range(5):
        meter.add(one, one, one)
    now = 60.0  # validation took so long
    meter.restart_clock()
    meter.add(one, one, one)
    now = 60.5
    assert meter.take()[1:] == (2.0, 0.5)


def test_waiting_and_the_readers_speed_are_those_since_the_clock_was_restarted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 10.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    times = ReadingTimes()
    meter = Meter(torch.device("cpu"), times)
    with times.waiting(), times.reading(3):
        now = 20.0
    meter.restart_clock()
    with times.reading(100):
        now = 20.5
    with times.waiting():
        now = 21.0
    now = 24.0
    assert meter.take().means[3:].tolist() == [0.125, 200.0]
    now = 25.0
    waiting, crops = meter.take().means[3:].tolist()
    assert waiting == 0 and math.isnan(crops)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_or_norm_that_is_not_finite_stops_with_the_utterances(bad: float) -> None:
    watch = DivergenceDetector(DATA_DIR, lambda step: [f"utt{step}-a", f"utt{step}-b"])
    watch.add(6, torch.tensor(1.0), torch.tensor(1.0))
    with pytest.raises(UserError, match=r"^data/odd name: step 7: .*utt7-a utt7-b"):
        watch.add(7, torch.tensor(bad), torch.tensor(1.0))
    with pytest.raises(UserError, match="step 8"):
        watch.add(8, torch.tensor(1.0), torch.tensor(bad))


def test_some_updates_in_a_row_may_have_infinite_gradients_in_fp16() -> None:
    watch = DivergenceDetector(DATA_DIR, lambda step: [f"utt{step}"], allowed=2)
    good, bad = torch.tensor(1.0), torch.tensor(float("inf"))
    for step, norm in enumerate([bad, bad, good, bad, bad]):
        watch.add(step, good, norm)
    with pytest.raises(UserError, match=r"step 5: .* in 3 updates in a row.*utt5"):
        watch.add(5, good, bad)
    with pytest.raises(UserError, match=r"step 6: loss inf"):
        DivergenceDetector(DATA_DIR, lambda _: [], allowed=2).add(6, bad, good)


def test_the_log_is_json_even_where_a_value_is_not_finite(tmp_path: Path) -> None:
    log = JsonLog(tmp_path / "train.jsonl", 0)
    log.write({"step": 1, "loss": 2.0, "grad_norm": float("inf")})
    log.close()
    assert (tmp_path / "train.jsonl").read_text() == '{"step": 1, "loss": 2.0, "grad_norm": null}\n'


def write_progress(logs: Logs, step: int, waiting_share: float) -> None:
    readers = {"waiting_share": waiting_share, "crops_per_second": math.inf, "cache_hits": 0.75}
    means = {"epoch": 0.5, "loss": 2.0, "accuracy": 0.25, "learning_rate": 0.1}
    logs.write_progress(61.0, readers, step=step, utterances_per_second=812.0, **means)


def test_figures_of_the_readers_are_a_group_of_each_line(tmp_path: Path) -> None:
    logs = Logs(tmp_path, 0, 50, tensorboard=True, advice="")
    write_progress(logs, 25, 0.031)
    assert "812 utt/s waiting 3 %" in logs.progress._text
    logs.close()
    entry = json.loads((tmp_path / "train.jsonl").read_text())
    assert entry["readers"] == {
        "waiting_share": 0.031,
        "crops_per_second": None,
        "cache_hits": 0.75,
    }
    curves = b"".join(path.read_bytes() for path in (tmp_path / "tensorboard").iterdir())
    assert b"readers/cache_hits" in curves and b"readers/waiting_share" in curves


def test_a_training_that_waits_is_warned_with_advice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logs = Logs(tmp_path, 0, 50, tensorboard=False, advice="try another disk")
    for step, share in enumerate((0.9, 0.04, 0.4)):
        assert not caplog.records
        write_progress(logs, step, share)
    logs.close()
    assert caplog.messages == [
        "training waited for its readers 40 % of the last 61 s; try another disk"
    ]
