"""Comparability of instruments between waves.

No trend may be drawn across a change of an instrument's scale or name. A wave is a calendar year. For each source,
series and competency the instruments of two successive waves are compared: with one in common (same name and scale) the
waves are comparable; with the same name on another scale, or other names only, they are not. Needs are not affected:
values are standardised within each instrument.
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
INSTRUMENT: Final = ["indicator", "subject", "stage", "assessment_id", "series", "year", "scale"]
MAX_NAMES: Final = 3  # of instruments listed in a cell


def changed_instruments(context: DiagnosisContext) -> pd.DataFrame:
    """Rows source, series, competency_id, earlier, later (years), reason (scale/name), before, after (instruments)."""
    instruments = pd.concat(
        [_instruments(context, source) for source in indicator_sources()], ignore_index=True
    )
    rows: list[tuple[object, ...]] = []
    for key, group in instruments.groupby(["source", "series", "competency_id"], sort=True):
        waves = [
            (int(year), set(zip(group["name"][in_year], group["scale"][in_year], strict=True)))
            for year in sorted(group["year"].unique())
            for in_year in [group["year"] == year]
        ]
        for (earlier, before), (later, after) in pairwise(waves):
            if not before & after:
                common_names = {name for name, _ in before} & {name for name, _ in after}
                reason = "scale" if common_names else "name"
                rows.append(
                    (*key, earlier, later, reason, _instrument_names(before), _instrument_names(after))
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def indicator_names(context: DiagnosisContext, source: str, q: NDArray[np.float64]) -> list[str]:
    """(J,) names of the indicators mapped to each row of q (J, K), up to MAX_NAMES; "" where there is none."""
    table = REGISTRY[source].indicators
    indicators = _indicator_table(context, table)
    j, rows = context.evidence.indicator_map.of(table, indicators)
    names_by_row: dict[bytes, set[str]] = {}
    for name, place in zip(indicators["indicator"], j, strict=True):
        if place >= 0:
            names_by_row.setdefault(np.round(rows[place], 6).tobytes(), set()).add(str(name))
    return [_shortened(sorted(names_by_row.get(np.round(row, 6).tobytes(), set()))) for row in q]


def _instrument_names(instruments: set[tuple[str, str]]) -> str:
    return _shortened([f"{name} ({scale})" for name, scale in sorted(instruments)])


def _shortened(names: list[str]) -> str:
    return "; ".join(names[:MAX_NAMES]) + ("; …" if len(names) > MAX_NAMES else "")


def _indicator_table(context: DiagnosisContext, source: str) -> pd.DataFrame:
    """Distinct indicators by subject, stage, series, year and scale."""
    readers = [reader for reader in all_sources() if reader.indicators == source]
    rows = pd.concat([reader.instruments(context.tables) for reader in readers], ignore_index=True)
    return rows.assign(year=rows["date"].dt.year)[INSTRUMENT].drop_duplicates(ignore_index=True)


def _instruments(context: DiagnosisContext, source: str) -> pd.DataFrame:
    """Distinct source, series, competency_id, year, name and scale."""
    indicators = _indicator_table(context, source)
    j, q = context.evidence.indicator_map.of(source, indicators)
    mapped = np.flatnonzero(j >= 0)
    position, leaf = np.nonzero(q[j[mapped]] > 0) if len(mapped) else (mapped, mapped)
    rows = indicators.iloc[mapped[position]]
    return pd.DataFrame(
        {
            "source": source, "series": rows["series"].to_numpy(dtype=object),
            "competency_id": np.asarray(context.competency_ids, dtype=object)[leaf], "year": rows["year"].to_numpy(),
            "name": rows["indicator"].to_numpy(dtype=object), "scale": rows["scale"].to_numpy(dtype=object),
        }
    ).drop_duplicates(ignore_index=True)  # fmt: skip
