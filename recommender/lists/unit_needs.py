"""The needs report by unit."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from features.needs.needs import Needs
from features.tables import split_list
from recommender.types import Band, Need


class UnitNeeds:
    """Rows of `needs.report` by unit, by bisection: a second copy of a city's report would be too large."""

    def __init__(self, needs: Needs, competencies: pd.DataFrame) -> None:
        self._names = {
            row["competency_id"]: (str(row["name_zh"]), str(row["name_en"]))
            for row in competencies.to_dict("records")
        }
        self._rows: dict[str, pd.DataFrame] = {}
        self._ids: dict[str, np.ndarray[Any, np.dtype[np.object_]]] = {}
        for kind, rows in needs.report.groupby("unit_kind"):
            ordered = rows.sort_values(
                ["unit_id", "expected_gap", "competency_id"], ascending=[True, False, True], kind="stable"
            )
            self._rows[str(kind)] = ordered
            self._ids[str(kind)] = ordered["unit_id"].to_numpy(dtype=object)

    def of(self, kind: str, unit_id: str) -> tuple[Need, ...]:
        """Needs of one unit, largest expected gap first; empty for a unit without rows."""
        if kind not in self._rows:
            return ()
        ids = self._ids[kind]
        first, last = np.searchsorted(ids, unit_id, "left"), np.searchsorted(ids, unit_id, "right")
        return tuple(self._need(row) for row in self._rows[kind].iloc[first:last].to_dict("records"))

    def name(self, competency_id: str) -> tuple[str, str]:
        """Chinese and English name."""
        return self._names.get(competency_id, (competency_id, competency_id))

    def _need(self, row: dict[Any, Any]) -> Need:
        name_zh, name_en = self.name(row["competency_id"])
        return Need(
            competency_id=str(row["competency_id"]),
            name_zh=name_zh,
            name_en=name_en,
            mean=float(row["mean"]),
            sd=float(row["sd"]),
            reliability=float(row["reliability"]),
            gap_mean=float(row["gap_mean"]),
            gap_sd=float(row["gap_sd"]),
            p_need=float(row["p_need"]),
            expected_gap=float(row["expected_gap"]),
            band=cast(Band, str(row["band"])),
            sources=split_list(row["sources"]),
            n_evidence=int(row["n_evidence"]),
            records=_records(row["records"]),
            latest_on=None if pd.isna(row["latest_on"]) else pd.Timestamp(row["latest_on"]).date(),
            estimate_from=str(row["estimate_from"]),
        )


def _records(cell: str) -> tuple[tuple[str, int], ...]:
    """`class_results:2;observation:1` as pairs."""
    parts = (part.rpartition(":") for part in split_list(cell))
    return tuple((name, int(n)) for name, _, n in parts)
