"""Names of parts of the model, and lists."""

from __future__ import annotations

import pytest

from features.messages import message
from features.needs.checks.finding_messages import group_name, indicator_list, source_name


def test_a_source_is_named_as_it_declares_itself():
    assert (
        source_name("class_results").en == "class results" and source_name("class_gain").en == "class gains"
    )
    assert source_name("all") == message("checks.source_all")


def test_a_stage_has_a_message_and_a_district_its_own_name():
    assert group_name("primary") == message("checks.group_primary")
    assert group_name("东城区") == "东城区"


def test_a_list_holds_every_indicator_in_order():
    listed = indicator_list([("observation", "a"), ("self_report", "b"), ("observation", "c")])
    assert listed.values["last"] == message("checks.indicator", source=source_name("observation"), name="c")
    inner = listed.values["items"]
    assert [inner.values[key].values["name"] for key in ("items", "last")] == ["a", "b"]
    assert indicator_list([("observation", "a")]).values["name"] == "a"


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="not enough values"):
        indicator_list([])
