"""The needs report by unit."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.needs import Needs
from features.tables import split_list
from recommender.lists.sorted_ids import SortedIds
from recommender.types import Band, Need

Index = NDArray[np.intp]


class _Units(NamedTuple):
    """Ids (u,), the first place of each and of an end (u + 1,) in `order` (n,), and rows of the report by unit,
    largest expected gap first."""

    ids: SortedIds
    starts: NDArray[np.int32]
    order: NDArray[np.int32]

    @classmethod
    def of(cls, report: pd.DataFrame, kind: str) -> _Units:
        own = np.flatnonzero(report["unit_kind"] == kind)
        keys = ["unit_id", "expected_gap", "competency_id"]
        rows = report[keys].iloc[own].reset_index(drop=True).sort_values(keys, ascending=[True, False, True], kind="stable")
        first = np.flatnonzero((rows["unit_id"] != rows["unit_id"].shift()).to_numpy(bool))
        ids = rows["unit_id"].iloc[first].to_numpy(dtype=object)
        starts, order = np.append(first, len(rows)), own[rows.index.to_numpy(np.intp)]
        return cls(SortedIds(ids), starts.astype(np.int32), order.astype(np.int32))

    def rows(self, unit_id: str) -> NDArray[np.int32]:
        """Rows of one unit, none for an unknown one."""
        place = self.ids.place(unit_id)
        return self.order[:0] if place is None else self.order[self.starts[place] : self.starts[place + 1]]


class UnitNeeds:
    """Rows of `needs.report` by unit, by bisection: a second copy of a city's report would be too large."""

    def __init__(self, needs: Needs, competencies: pd.DataFrame) -> None:
        self._names = {
            row["competency_id"]: (str(row["name_zh"]), str(row["name_en"]))
            for row in competencies.to_dict("records")
        }
        self._report = needs.report
        self._units: dict[str, _Units] = {}
        for kind in needs.report["unit_kind"].unique():
            self._units[str(kind)] = _Units.of(needs.report, str(kind))

    def of(self, kind: str, unit_id: str) -> tuple[Need, ...]:
        """Needs of one unit, largest expected gap first; empty for a unit without rows."""
        if kind not in self._units:
            return ()
        rows = self._report.iloc[self._units[kind].rows(unit_id)]
        return tuple(self._need(row) for row in rows.to_dict("records"))

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
