"""Charts: well-formed SVG whose marks are where the values are."""

from __future__ import annotations

import math
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.messages import BilingualText
from recommender.reports import pictures
from recommender.reports.pictures import WIDTH, Axis, Dot

TITLE = BilingualText("标题 <&>", "Title <&>")


def _marks(svg: str, kind: str) -> list[dict[str, str]]:
    return [mark.attrib for mark in ElementTree.fromstring(svg).iter() if mark.get("class") == kind]


@given(st.floats(-50, 50), st.floats(0.01, 100), st.integers(4, 8))
def test_ticks_are_inside_the_domain_and_evenly_spaced(low: float, width: float, count: int) -> None:
    ticks = Axis((low, low + width), (0.0, 1.0)).ticks(count)
    assert 1 <= len(ticks) <= 2 * count + 1
    assert all(low - 1e-6 <= tick <= low + width + 1e-6 for tick in ticks)
    steps = [b - a for a, b in pairwise(ticks)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-3, abs_tol=2e-6) for step in steps)


def test_an_axis_is_linear_and_clips() -> None:
    axis = Axis((0.0, 2.0), (100.0, 300.0))
    assert [axis(value) for value in (-1.0, 0.0, 0.5, 2.0, 9.0)] == [100.0, 100.0, 150.0, 300.0, 300.0]


def test_dots_stand_at_their_values_with_their_intervals() -> None:
    rows = [
        Dot(BilingualText("甲", "a"), 0.5, 0.25, 0.75),
        Dot(BilingualText("乙", "b"), 1.0, reference=0.0),
        Dot(BilingualText("丙", "c"), 0.0, hollow=True),
        Dot(BilingualText("丁", "d"), None),
    ]
    svg = pictures.dots(rows, TITLE, (0.0, 1.0), mark=0.5)
    full, hollow = _marks(svg, "dot"), _marks(svg, "open")
    assert len(full) == 2 and len(hollow) == 2 and len(_marks(svg, "range")) == 1
    left, right = float(hollow[0]["cx"]), float(full[1]["cx"])
    assert float(full[0]["cx"]) == pytest.approx((left + right) / 2)
    assert ElementTree.fromstring(svg).get("aria-label") == "标题 <&> / Title <&>"


def test_bars_are_as_long_as_their_shares() -> None:
    svg = pictures.bars([(BilingualText("甲", "a"), share) for share in (1.0, 0.5, 0.0, None)], TITLE)
    widths = [float(bar["width"]) for bar in _marks(svg, "bar")]
    assert len(widths) == 3 and widths[1] == pytest.approx(widths[0] / 2, abs=0.1) and widths[2] == 0.0


def test_a_histogram_has_a_bar_a_share_on_one_base() -> None:
    bars = _marks(pictures.histogram([0.1, 0.3, 0.6], TITLE), "bar")
    bottoms = {round(float(bar["y"]) + float(bar["height"]), 1) for bar in bars}
    assert len(bars) == 3 and len(bottoms) == 1


def test_coverage_has_a_line_a_level_and_a_dot_where_known() -> None:
    svg = pictures.coverage([(BilingualText("甲", "a"), [0.5, None, 0.95])], [0.5, 0.8, 0.9], TITLE)
    assert len(_marks(svg, "mark")) == 3 and len(_marks(svg, "dot")) == 2


def test_noise_in_a_scatter_does_not_fill_the_height() -> None:
    axes = (BilingualText("横", "x"), BilingualText("纵", "y"))
    points = [(float(x), 0.3 + 0.001 * x, None) for x in range(5)]
    spans = []
    for extent in (0.0, 0.5):
        heights = [
            float(dot["cy"])
            for dot in _marks(pictures.scatter(points, TITLE, axes, min_extent=extent), "dot")
        ]
        spans.append(max(heights) - min(heights))
    assert spans[1] < 5 < 100 < spans[0]


def test_long_labels_are_cut_and_text_is_escaped() -> None:
    svg = pictures.bars([(BilingualText("很长很长很长很长的<名字>", "long"), 0.5)], TITLE)
    labels = [text.text for text in ElementTree.fromstring(svg).iter() if text.get("class") == "name"]
    assert labels == ["很长很长很长很长的…"]
    assert all(0 <= float(text.get("x", 0)) <= WIDTH for text in ElementTree.fromstring(svg).iter())
