"""Rows of the report's sections from a content written by hand."""

from __future__ import annotations

from features.messages import BilingualText, message
from features.needs.evidence.sources.source_registry import reported_sources
from recommender.reports import sections


def test_components_of_a_source_come_in_a_fixed_order() -> None:
    rows = [
        {"name": "noise", "source": "observation", "value": 0.2},
        {"name": "loading", "source": "observation", "value": 0.6},
        {"name": "phi", "source": "all", "value": 0.9},
    ]
    ((source, parts),) = sections.parts_of_sources({"components": rows})
    assert source == "observation" and len(parts) == len(sections.OF_SOURCE)
    assert [part["name"] for part in parts if part] == ["loading", "noise"]
    assert sections.parts_between({"components": rows}) == [rows[2]]


def test_columns_of_coverage_are_the_reported_sources() -> None:
    row = {"by": "all", "group": "all", "people": 20, "direct": 0.5, **dict.fromkeys(reported_sources(), 0.1)}
    assert sections.sources_of_groups({"reach": [row]}) == list(reported_sources())
    assert sections.sources_of_groups({"reach": []}) == []


def test_a_source_without_a_short_name_has_its_whole_one() -> None:
    assert sections.short_source_name("observation") == message("reports.short_observation")
    assert sections.short_source_name("class_gain") == BilingualText("班级增量", "class gains")


def test_correlations_are_picked_by_what_they_are_of() -> None:
    kinds = [
        ("need", "teacher"),
        ("need", "school"),
        ("source", "teacher"),
        ("source", "school"),
        ("competency", "school"),
    ]
    rows = [{"what": what, "unit": unit} for what, unit in kinds]
    content = {"neutrality": {"rows": rows, "dots": []}}
    assert sections.needs_and_intake(content) == rows[:2]
    assert sections.sources_and_intake(content) == [rows[3]]
