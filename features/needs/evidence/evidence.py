"""All evidence on teachers and on their schools, in one unit each, and what was left unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from features.needs.evidence.adjusted_results import AdjustedResults, adjust
from features.needs.evidence.class_attribution import UnitValues, class_results, unit_results
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.standardized_evidence import StandardizedSource, observations, surveys
from features.tables import Tables


@dataclass(frozen=True)
class Evidence:
    """sources on teachers, those without any value left out; schools and districts: results of whole units;
    unused: (source, indicator) that stand for no competency; bounded: pairs of dimensions without covariance.
    """

    sources: list[StandardizedSource]
    cells: list[SourceAverages]
    schools: UnitValues
    districts: UnitValues
    adjusted: AdjustedResults
    indicator_map: IndicatorMap
    unused: frozenset[tuple[str, str]]


def gather(tables: Tables, as_of: date) -> Evidence:
    """The evidence in tables that hold nothing later than `as_of`."""
    indicator_map = IndicatorMap(tables)
    adjusted = adjust(tables)
    found = [
        observations(tables, indicator_map, as_of),
        surveys(tables, indicator_map, as_of, "student_feedback"),
        surveys(tables, indicator_map, as_of, "self_report"),
        class_results(tables, adjusted, indicator_map, as_of, gain=True),
        class_results(tables, adjusted, indicator_map, as_of, gain=False),
    ]
    schools, districts = (
        unit_results(tables, adjusted, indicator_map, as_of, kind) for kind in ("school", "district")
    )
    sources = [source for source in found if len(source)]
    cells = [average(source) for source in sources]
    return Evidence(
        sources, cells, schools, districts, adjusted, indicator_map, frozenset(indicator_map.unused)
    )
