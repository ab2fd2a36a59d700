"""The validated tables of one city, as data frames with fixed columns, types and row order.

Conventions of every `Tables`:

- every table of the schema is present, an absent one as an empty frame with all its columns in schema order;
- ids, text and lists are pandas `str` columns (a list is joined with `;`), NaN where a cell is empty;
- numbers are float64, integers too (NaN where empty); dates are `datetime64[us]` (NaT where empty);
- rows are sorted by the table's key (by all columns where it has none), the index is 0..n-1.
"""

from __future__ import annotations

import hashlib
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from textwrap import wrap
from typing import Final

import pandas as pd

from features.schema import TABLES, Column

NO_BREAK: Final = "\u00a0"
DTYPES: Final = {
    "id": "str",
    "text": "str",
    "list": "str",
    "number": "float64",
    "integer": "float64",
    "date": "datetime64[us]",
}


def empty_frame(name: str) -> pd.DataFrame:
    """A table without rows, every column present with its dtype."""
    return pd.DataFrame({c.name: pd.Series([], dtype=DTYPES[c.kind]) for c in TABLES[name].columns})


def typed_frame(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the columns, dtypes and row order of the conventions above; missing columns are empty."""
    typed = pd.DataFrame({c.name: _typed(frame, c) for c in TABLES[name].columns})
    order = list(TABLES[name].key) or list(typed.columns)
    return typed.sort_values(order, kind="stable", ignore_index=True)


def _typed(frame: pd.DataFrame, column: Column) -> pd.Series:
    if column.name in frame:
        typed: pd.Series = frame[column.name].astype(pd.Series([], dtype=DTYPES[column.kind]).dtype)
        return typed.reset_index(drop=True)
    return pd.Series([None] * len(frame), dtype=DTYPES[column.kind])


# when a row became known: rows dated later than an as-of date do not exist for it
DATED: Final = {
    "observations": "date",
    "surveys": "date",
    "assessments": "date",
    "enrolments": "requested_on",
}


ADDED: Final = frozenset({"hour_entries", "credit_rules"})
"""Tables that the schema got after there were workspaces."""


@dataclass(frozen=True, repr=False)
class Tables:
    """All tables by name; `made_up` where they are simulated."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    made_up: bool = False

    def __post_init__(self) -> None:
        full = {name: self.frames[name] if name in self.frames else empty_frame(name) for name in TABLES}
        object.__setattr__(self, "frames", full)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def __contains__(self, name: object) -> bool:
        return name in self.frames

    def items(self) -> ItemsView[str, pd.DataFrame]:
        """Name and frame of each table, in schema order."""
        return self.frames.items()

    @property
    def shapes(self) -> pd.DataFrame:
        """Rows and columns of each table, by name in schema order."""
        sizes = {name: frame.shape for name, frame in self.frames.items()}
        return pd.DataFrame.from_dict(sizes, orient="index", columns=["rows", "columns"])

    def __repr__(self) -> str:
        filled = [
            f"{name} {len(frame)} x {frame.shape[1]}".replace(" ", NO_BREAK)
            for name, frame in self.frames.items()
            if len(frame)
        ]
        lines = wrap(", ".join(filled), 100)
        return "\n".join([self._title(len(filled)), *lines]).replace(NO_BREAK, " ")

    def _repr_html_(self) -> str:
        shapes = self.shapes[self.shapes["rows"] > 0]
        return f"<p>{escape(self._title(len(shapes)))}</p>{shapes.to_html()}"

    def _title(self, filled: int) -> str:
        mark = ", simulated" if self.made_up else ""
        return f"Tables{mark}: {filled} of {len(self)} have rows (rows x columns)"

    def until(self, as_of: date) -> Tables:
        """The tables as known at the end of `as_of`: without anything dated later.

        An enrolment requested by then but completed or closed later counts as `enrolled`, outcome unknown; an entry of hours
        decided on later as `claimed`.
        Results go with their assessment.
        """
        end = pd.Timestamp(as_of)
        frames = dict(self.frames)
        for name, column in DATED.items():
            frames[name] = _rows(frames[name], frames[name][column] <= end)
        assessments = frames["assessments"]["assessment_id"]
        for name in ("results", "result_covariances", "assessment_dimensions"):
            frames[name] = _rows(frames[name], frames[name]["assessment_id"].isin(assessments))
        frames["hour_entries"] = _entries_until(frames["hour_entries"], end)
        later = frames["enrolments"]["completed_on"] > end
        if later.any():
            taken = frames["enrolments"].copy()
            taken.loc[later, "status"] = "enrolled"
            for column in ("completed_on", "hours", "score", "rating"):
                taken.loc[later, column] = None
            frames["enrolments"] = taken
        return Tables(frames, self.made_up)

    def latest_evidence(self) -> date | None:
        """The date of the newest evidence, else of the newest enrolment, else None (contract section 3)."""
        dates = [self.frames[n][DATED[n]].max() for n in ("observations", "surveys", "assessments")]
        present = [d for d in dates if not pd.isna(d)]
        newest = max(present) if present else self.frames["enrolments"]["requested_on"].max()
        return None if pd.isna(newest) else newest.date()

    def fingerprint(self) -> str:
        """sha256 over all tables, the same for the same rows in any order of import."""
        digest = hashlib.sha256(b"made up" if self.made_up else b"")
        for name in sorted(self.frames):
            frame = self.frames[name]
            if name in ADDED and frame.empty:  # tables stored before there was this one keep their fingerprint
                continue
            digest.update(name.encode())
            digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
        return digest.hexdigest()


def _entries_until(entries: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    entries = _rows(entries, entries["done_on"] <= end)
    later = entries["decided_on"] > end
    if later.any():
        entries = entries.copy()
        entries.loc[later, "status"] = "claimed"
        for column in ("decided_by", "decided_on", "reason"):
            entries.loc[later, column] = None
    return entries


def _rows(frame: pd.DataFrame, mask: pd.Series) -> pd.DataFrame:
    """The rows where `mask` is true; the frame itself, not a copy, where all are."""
    return frame if mask.all() else frame[mask].reset_index(drop=True)


def split_list(cell: object) -> tuple[str, ...]:
    """The items of a list cell; none for an empty one."""
    return tuple(cell.split(";")) if isinstance(cell, str) and cell else ()
