"""Rows of evidence that a diagnosis leaves out, and rows that it uses under an assumption: each kind, counted.

Every reader of a source reports the rows it leaves out, each under one kind; so rows received = rows used + rows left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

COLUMNS: Final = ["source", "kind", "used", "count", "examples", "indicators"]
EXAMPLES: Final = 3  # named of each kind
UNUSED_KINDS: Final = (
    "later", "value_missing", "assessment_unknown", "dimension_unknown", "indicator_unknown", "scale_empty",
    "teacher_unknown", "class_unknown", "class_subject", "class_not_yet", "class_no_longer", "class_other_terms",
    "class_term_unreadable", "class_teacher_unknown", "class_share_small", "one_class", "one_teacher", "one_unit",
    "no_spread", "by_classes", "unit_unknown",
)  # fmt: skip
ASSUMED_KINDS: Final = (
    "sd_assumed", "prior_slope_classes", "prior_slope_reliability", "prior_missing", "class_term_past",
)  # fmt: skip


@dataclass
class EvidenceLedger:
    """received, used: numbers of rows by source; `leave_out` and `assume` collect rows by source and kind."""

    received: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    _rows: dict[tuple[str, str], list[tuple[int, list[str], list[str]]]] = field(default_factory=dict)

    def use(self, source: str, count: int) -> None:
        """So many rows of the source have a value in the model."""
        self.used[source] = self.used.get(source, 0) + count

    def leave_out(self, source: str, kind: str, rows: pd.DataFrame) -> None:
        """rows: with their id and indicator, as `named` gives them; kind: one of UNUSED_KINDS. No rows, no entry."""
        self._add(source, kind, rows, UNUSED_KINDS)

    def assume(self, source: str, kind: str, rows: pd.DataFrame) -> None:
        """Rows that are used under an assumption; kind: one of ASSUMED_KINDS."""
        self._add(source, kind, rows, ASSUMED_KINDS)

    def _add(self, source: str, kind: str, rows: pd.DataFrame, kinds: Iterable[str]) -> None:
        if kind not in kinds:
            raise ValueError(f"unknown kind {kind!r}")
        if len(rows):
            entry = len(rows), _first(rows["row_id"]), _first(rows["row_indicator"])
            self._rows.setdefault((source, kind), []).append(entry)

    def frame(self) -> pd.DataFrame:
        """Columns COLUMNS, one row a source and kind, those left out first; `examples` and `indicators` joined by `; `."""
        order = {kind: i for i, kind in enumerate((*UNUSED_KINDS, *ASSUMED_KINDS))}
        rows = [
            (
                source, kind, kind in ASSUMED_KINDS, sum(count for count, _, _ in entries),
                _joined(examples for _, examples, _ in entries), _joined(names for _, _, names in entries),
            )
            for (source, kind), entries in self._rows.items()
        ]  # fmt: skip
        rows.sort(key=lambda row: (row[2], row[0], order[row[1]]))
        frame = pd.DataFrame(rows, columns=COLUMNS)
        return frame.astype(
            {
                "source": "str",
                "kind": "str",
                "used": "bool",
                "count": "int64",
                "examples": "str",
                "indicators": "str",
            }
        )


def named(rows: pd.DataFrame, keys: list[str], indicator: str) -> pd.DataFrame:
    """The rows with columns row_id, the values of `keys` joined, and row_indicator."""
    row_id = rows[keys[0]].astype(str)
    for key in keys[1:]:
        row_id = row_id + " / " + rows[key].astype(str)
    return rows.assign(row_id=row_id, row_indicator=rows[indicator].astype(str))


def _first(texts: pd.Series) -> list[str]:
    """The first texts in their order; independent of the order of rows."""
    return sorted(texts.unique())[:EXAMPLES]


def _joined(lists: Iterable[list[str]]) -> str:
    return "; ".join(_first(pd.Series([text for texts in lists for text in texts], dtype="str")))
