"""Instruments that changed their scale or their name between waves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.needs.checks.comparability import changed_instruments, indicator_names
from features.tables import Tables


def _changed(context, **columns):
    lessons = context.tables["observations"].assign(**columns)
    return changed_instruments(
        replace(context, tables=Tables({**context.tables.frames, "observations": lessons}, True))
    )


@pytest.mark.slow
def test_a_scale_that_changed_is_not_comparable(context, results, codes):
    assert not len(changed_instruments(context)) and "not_comparable" not in codes(results)
    lessons = context.tables["observations"]
    last = lessons["date"].dt.year.max()
    higher = lessons["scale_max"].where(lessons["date"].dt.year != last, lessons["scale_max"] + 1)
    rows = _changed(context, scale_max=higher)
    assert set(rows["source"]) == {"observation"} and set(rows["reason"]) == {"scale"}
    assert (rows["later"] == last).all() and (rows["before"] != rows["after"]).all()
    assert "not_comparable" in codes(replace(results, comparability=rows))


def test_one_instrument_in_common_keeps_waves_comparable(context):
    lessons = context.tables["observations"]
    last = lessons["date"].dt.year.max()
    items = lessons["item"].value_counts().index
    other = lessons["item"].isin(items[1:]) & (lessons["date"].dt.year == last)
    higher = lessons["scale_max"].where(~other, lessons["scale_max"] + 1)
    competencies = set(_changed(context, scale_max=higher)["competency_id"])
    everywhere = set(
        _changed(context, scale_max=lessons["scale_max"] + (lessons["date"].dt.year == last))["competency_id"]
    )
    assert competencies < everywhere


def test_indicators_are_named_by_the_competencies_they_measure(context):
    (lessons,) = [cell for cell in context.evidence.cells if cell.name == "observation"]
    names = indicator_names(context, "observation", lessons.q)
    assert len(names) == len(lessons.q) and all(names)
    items = set(context.tables["observations"]["item"])
    assert all(set(name.removesuffix("; …").split("; ")) <= items for name in names)
