"""All evidence on teachers and on their schools, in one unit each, and what was left unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.needs.evidence.adjusted_results import AdjustedResults, adjust
from features.needs.evidence.class_attribution import ROW_ID, UnitValues
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.sources.evidence_source import ReaderInputs
from features.needs.evidence.sources.source_registry import (
    all_sources,
    members,
    reported_sources,
    teacher_sources,
    unit_source,
)
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.evidence.unused_evidence import EvidenceLedger, named
from features.schema import TABLES
from features.tables import Tables


@dataclass(frozen=True)
class Evidence:
    """sources on teachers, those without any value left out; schools and districts: results of whole units;
    unused: (source, indicator) that stand for no competency; ledger: rows received, left out, and used under an assumption.
    """

    sources: list[StandardizedSource]
    cells: list[SourceAverages]
    schools: UnitValues
    districts: UnitValues
    adjusted: AdjustedResults
    indicator_map: IndicatorMap
    unused: frozenset[tuple[str, str]]
    ledger: EvidenceLedger


def gather(tables: Tables, as_of: date) -> Evidence:
    """The evidence in tables that hold nothing later than `as_of`."""
    indicator_map = IndicatorMap(tables)
    adjusted = adjust(tables)
    ledger = EvidenceLedger()
    for source in all_sources():
        received = source.rows(tables)
        ledger.received[source.reported.name] = len(received)
    for reported in reported_sources():
        _leave_out_incomplete(ledger, reported, adjusted)
    inputs = ReaderInputs(tables, as_of, indicator_map, adjusted, ledger)
    sources = [source for source in (reader.read(inputs) for reader in teacher_sources()) if len(source)]
    schools, districts = (unit_source().read_units(inputs, kind) for kind in ("school", "district"))
    cells = [average(source) for source in sources]
    return Evidence(
        sources, cells, schools, districts, adjusted, indicator_map, frozenset(indicator_map.unused), ledger
    )


def _leave_out_incomplete(ledger: EvidenceLedger, reported: str, adjusted: AdjustedResults) -> None:
    """Results that could not be adjusted, in the ledger of the source that they are rows of."""
    source = members(reported)[0]
    if source.table != "results":
        return
    rows = adjusted.left_out[source.select(adjusted.left_out)]
    for kind, part in rows.groupby("kind", sort=True):
        ledger.leave_out(reported, str(kind), named(part, ROW_ID, "dimension"))


def later_evidence(tables: Tables, as_of: date) -> pd.DataFrame:
    """Rows of evidence dated after `as_of`, which a diagnosis at that date does not know, as EvidenceLedger.frame."""
    ledger, known = EvidenceLedger(), tables.until(as_of)
    for reported in reported_sources():
        source = members(reported)[0]
        rows, earlier = source.rows(tables), source.rows(known)
        if len(rows) == len(earlier):
            continue
        key = list(TABLES[source.table].key)
        later = ~pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(earlier[key]))
        indicator = next((name for name in ("item", "dimension") if name in key), key[-1])
        ledger.leave_out(reported, "later", named(rows[later], key, indicator))
    return ledger.frame()
