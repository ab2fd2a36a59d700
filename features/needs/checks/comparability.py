"""Instruments by wave: which indicators were used when, on which scale, and what they speak of.

A trend must not be drawn where an instrument changed its scale or its name from one wave to the next. A wave is a
calendar year. For each source, series and competency the instruments of two waves that follow each other are compared:
with one in common (same name, same scale) the waves are comparable; the same name on another scale, or other names
only, are not. Needs are not touched by it: values are standardised within each instrument.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.sources.source_registry import REGISTRY, all_sources, indicator_sources

COLUMNS: Final = ["source", "series", "competency_id", "earlier", "later", "reason", "before", "after"]
CASE: Final = ["indicator", "subject", "stage", "assessment_id", "series", "year", "scale"]
SHOWN: Final = 3  # instruments named a side


def changed_instruments(found: DiagnosisContext) -> pd.DataFrame:
    """Rows source, series, competency_id, earlier, later (years), reason (scale/name), before, after (instruments)."""
    told = pd.concat([_spoken_of(found, source) for source in indicator_sources()], ignore_index=True)
    rows: list[tuple[object, ...]] = []
    for key, group in told.groupby(["source", "series", "competency_id"], sort=True):
        waves = [
            (int(year), set(zip(group["name"][here], group["scale"][here], strict=True)))
            for year in sorted(group["year"].unique())
            for here in [group["year"] == year]
        ]
        for (earlier, before), (later, after) in pairwise(waves):
            if not before & after:
                same = {name for name, _ in before} & {name for name, _ in after}
                reason = "scale" if same else "name"
                rows.append((*key, earlier, later, reason, _named(before), _named(after)))
    return pd.DataFrame(rows, columns=COLUMNS)


def indicator_names(found: DiagnosisContext, source: str, q: NDArray[np.float64]) -> list[str]:
    """(J,) the indicators that each row of q stands for, up to SHOWN names; "" where none is found."""
    asked = REGISTRY[source].indicators
    cases = _cases(found, asked)
    j, rows = found.evidence.indicator_map.of(asked, cases)
    named: dict[bytes, set[str]] = {}
    for name, place in zip(cases["indicator"], j, strict=True):
        if place >= 0:
            named.setdefault(np.round(rows[place], 6).tobytes(), set()).add(str(name))
    return [_listed(sorted(named.get(np.round(row, 6).tobytes(), set()))) for row in q]


def _named(instruments: set[tuple[str, str]]) -> str:
    return _listed([f"{name} ({scale})" for name, scale in sorted(instruments)])


def _listed(names: list[str]) -> str:
    return "; ".join(names[:SHOWN]) + ("; …" if len(names) > SHOWN else "")


def _cases(found: DiagnosisContext, source: str) -> pd.DataFrame:
    """Each indicator in each context, year and scale, once."""
    readers = [reader for reader in all_sources() if reader.indicators == source]
    rows = pd.concat([reader.instruments(found.tables) for reader in readers], ignore_index=True)
    return rows.assign(year=rows["date"].dt.year)[CASE].drop_duplicates(ignore_index=True)


def _spoken_of(found: DiagnosisContext, source: str) -> pd.DataFrame:
    """Source, series, competency_id, year, name and scale of the instrument, one row each."""
    cases = _cases(found, source)
    j, q = found.evidence.indicator_map.of(source, cases)
    told = np.flatnonzero(j >= 0)
    at, leaf = np.nonzero(q[j[told]] > 0) if len(told) else (told, told)
    kept = cases.iloc[told[at]]
    return pd.DataFrame(
        {
            "source": source, "series": kept["series"].to_numpy(dtype=object),
            "competency_id": np.asarray(found.competency_ids, dtype=object)[leaf], "year": kept["year"].to_numpy(),
            "name": kept["indicator"].to_numpy(dtype=object), "scale": kept["scale"].to_numpy(dtype=object),
        }
    ).drop_duplicates(ignore_index=True)  # fmt: skip
