"""All evidence on teachers and on their schools, in one unit each, and what was left unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from features.needs.evidence.adjusted_results import AdjustedResults, adjust
from features.needs.evidence.class_attribution import UnitValues
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.sources.evidence_source import ReaderInputs
from features.needs.evidence.sources.source_registry import teacher_sources, unit_source
from features.needs.evidence.standardized_evidence import StandardizedSource
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
    inputs = ReaderInputs(tables, as_of, indicator_map, adjusted)
    sources = [source for source in (reader.read(inputs) for reader in teacher_sources()) if len(source)]
    schools, districts = (unit_source().read_units(inputs, kind) for kind in ("school", "district"))
    cells = [average(source) for source in sources]
    return Evidence(
        sources, cells, schools, districts, adjusted, indicator_map, frozenset(indicator_map.unused)
    )
