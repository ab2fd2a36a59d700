"""Faults as real files have them, put into clean tables on request."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from features.simulate.random_streams import Bools, stream

SYNONYMS: Final = {"道德与法治": "思品", "信息科技": "信息技术", "体育与健康": "体育", "学前": "学前教育"}
LAYOUTS: Final = ("%Y.%-m.%-d", "%Y/%-m/%-d", "%Y%m%d")
DATES: Final = {
    "teachers": "start_date", "assessments": "date", "observations": "date", "surveys": "date",
    "enrolments": "requested_on",
}  # fmt: skip


def add_faults(name: str, table: Any, seed: int) -> Any:
    """`table` with faults, every cell as text. About 2% of the rosters name a wrong teacher."""
    rng = stream(seed, f"dirt {name}")
    columns = {c: _text(table[c]) for c in table.column_names}
    if name in {"teachers", "classes", "assessments"}:
        _synonyms(columns["subject"], rng.random(table.num_rows) < 0.05)
    if name in DATES:
        _dates(columns[DATES[name]], rng)
    if name == "enrolments":
        _shorten(columns["teacher_id"], rng.random(table.num_rows) < 0.02)
    if name == "classes":
        _swap(columns["teacher_id"], rng)
    if name == "observations":
        over = np.flatnonzero(rng.random(table.num_rows) < 0.002)
        columns["score"][over] = "9"
    if name == "surveys":
        bad = np.flatnonzero(rng.random(table.num_rows) < 0.002)
        columns["mean"][bad] = "缺考"
    if name == "teachers":
        _unknown_schools(columns["school_id"], rng)
    rows = np.arange(table.num_rows)
    if table.num_rows and name in {"teachers", "enrolments", "results"}:
        again = np.sort(rng.choice(rows, max(2, len(rows) // 200), replace=False))
        rows = np.r_[rows, again]
    columns = {c: cells[rows] for c, cells in columns.items()}
    if name == "teachers":
        half = len(rows) - (len(rows) - table.num_rows) // 2
        columns["stage"][half:] = np.where(columns["stage"][half:] == "primary", "junior", "primary")
    return pa.table({c: pa.array(cells, pa.string(), from_pandas=True) for c, cells in columns.items()})


def _text(column: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    return np.array(column.cast(pa.string()).to_pylist(), dtype=object)


def _synonyms(cells: Any, hit: Bools) -> None:
    for word, other in SYNONYMS.items():
        cells[hit & (cells == word)] = other


def _dates(cells: Any, rng: np.random.Generator) -> None:
    kind = rng.integers(0, 60, len(cells))
    for i, layout in enumerate(LAYOUTS):
        rows = np.flatnonzero((kind == i) & (cells != None))  # noqa: E711
        days = cells[rows].astype("datetime64[D]")
        cells[rows] = [day.strftime(layout) for day in days.astype(object)]
    if len(cells):
        cells[int(rng.integers(len(cells)))] = "2025.13.40"


def _shorten(cells: Any, hit: Bools) -> None:
    """A spreadsheet took the id for a number."""
    cells[hit] = [cell.lstrip("0") for cell in cells[hit]]


def _swap(cells: Any, rng: np.random.Generator) -> None:
    wrong = np.flatnonzero(rng.random(len(cells)) < 0.02)
    cells[wrong] = cells[rng.permutation(len(cells))[: len(wrong)]]


def _unknown_schools(cells: Any, rng: np.random.Generator) -> None:
    """People who moved to a school that the register does not have."""
    moved = rng.choice(len(cells), max(1, len(cells) // 300), replace=False)
    cells[moved] = "4403999999"
