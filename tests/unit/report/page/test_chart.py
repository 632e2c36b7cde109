"""Charts: where points fall, round marks, few points."""

import re

import numpy as np

from speakernet.report.page.chart import HEIGHT, WIDTH, Axis, Chart, color


def test_marks_are_round_and_hold_the_values() -> None:
    axis = Axis.over("x", [0.13, 7.6])
    assert (axis.low, axis.high) == (0, 8)
    assert [label for _, label in axis.ticks] == ["0", "2", "4", "6", "8"]
    tight = Axis.over("x", [-3.4, 6.2], tight=True)
    assert (tight.low, tight.high) == (-3.4, 6.2)
    assert [label for _, label in tight.ticks] == ["0", "5"]
    assert Axis.over("x", [np.nan, 3.0, 3.0]).low < Axis.over("x", [np.nan, 3.0, 3.0]).high
    assert Axis.over("x", [40.0], from_zero=True).low == 0


def test_points_lie_inside_and_equal_ones_once() -> None:
    chart = Chart(Axis.over("x", [0, 10]), Axis.over("y", [0, 1]))
    chart.curve(np.linspace(0, 10, 100_000), np.linspace(2, 0, 100_000), color(9))
    chart.marks([5], [0.5], color(0), filled=False)
    chart.area([0, 10], [1, 0], color(2))
    chart.vertical(4, color(1))
    parts = len(chart.parts)
    chart.vertical(11, color(1))
    assert len(chart.parts) == parts
    chart.key(color(1), "a <name>")
    svg = chart.figure("title <1>")
    assert len(svg) < 70_000 and "a &lt;name&gt;" in svg and 'aria-label="title &lt;1&gt;"' in svg
    numbers = re.findall(r"([\d.]+),([\d.]+)", svg)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in numbers)
    assert color(9) == color(1)
