"""A table before import: its columns of cells, the source of each row, and which rows are excluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from features.schema import Column, Table
from features.sources.read.column_cells import Bools, Cells, no_cells, read_column
from features.sources.read.encoded_texts import joined_encoded
from features.sources.read.sheet import Sheet, Texts, texts
from features.sources.read.subject_names import SubjectNames

INT64 = 1 << 62


@dataclass(frozen=True)
class Field:
    """One column of a chunk: its texts, and letter and header as the user sees them."""

    texts: Texts
    letter: str
    header: str


@dataclass(frozen=True)
class Chunk:
    """Rows of one table from one sheet. unique: identical rows are intended and kept once without a note."""

    table: str
    sheet: Sheet
    fields: Mapping[str, Field]
    rows: NDArray[np.int64]
    overlong: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    unique: bool = False

    def without_texts(self) -> Chunk:
        """The same without its texts."""
        fields = {name: replace(f, texts=texts([])) for name, f in self.fields.items()}
        return replace(self, sheet=replace(self.sheet, columns=()), fields=fields)


class StagingTable:
    """n rows of one table. `bad` rows have a problem, `repeated` ones are identical to an earlier row,
    `dependent` ones refer to rows that are bad.

    The last rows may be those `stored` in the workspace, to which the others are added: they were checked when they
    were imported, so issues are never theirs; one is replaced by a good row with its key (`replaced_by`, -1 for none).
    """

    def __init__(
        self,
        table: Table,
        chunks: Sequence[Chunk],
        subjects: SubjectNames,
        stored: pd.DataFrame | None = None,
    ) -> None:
        self.table = table
        self.chunks = tuple(chunks)
        self.starts = np.cumsum([0, *(len(chunk.rows) for chunk in chunks)])
        self.cells: dict[str, Cells] = {c.name: self._column(c, subjects) for c in table.columns}
        self.chunks = tuple(chunk.without_texts() for chunk in chunks)  # the cells hold the texts
        brought = int(self.starts[-1])
        if stored is not None:
            self.cells = {name: cells.extended(stored[name]) for name, cells in self.cells.items()}
            self.chunks += (_stored_chunk(table.name, len(stored)),)
            self.starts = np.append(self.starts, brought + len(stored))
        n = int(self.starts[-1])
        self.stored: Bools = np.arange(n) >= brought
        self.replaced_by = np.full(n, -1, np.int64)
        self.bad: Bools = np.zeros(n, dtype=bool)
        self.repeated: Bools = np.zeros(n, dtype=bool)
        self.dependent: Bools = np.zeros(n, dtype=bool)

    def __len__(self) -> int:
        return int(self.starts[-1])

    @property
    def good(self) -> Bools:
        """(n,) rows of the table after the import."""
        good = ~(self.bad | self.repeated | self.dependent)
        return np.asarray(good & ~np.append(good, False)[self.replaced_by])

    def has(self, column: str) -> bool:
        """Whether any chunk has this column."""
        return any(column in chunk.fields for chunk in self.chunks)

    def covered(self, column: str) -> Bools:
        """(n,) rows from chunks that have this column."""
        return np.repeat([column in chunk.fields for chunk in self.chunks], np.diff(self.starts)).astype(bool)

    def chunk_of(self, row: int) -> Chunk:
        """The chunk that a row came from."""
        return self.chunks[int(np.searchsorted(self.starts, row, side="right")) - 1]

    def row_number(self, row: int) -> int:
        """The row's number in its spreadsheet."""
        index = int(np.searchsorted(self.starts, row, side="right")) - 1
        return int(self.chunks[index].rows[row - self.starts[index]])

    def unique(self) -> Bools:
        """(n,) rows whose repetition is intended."""
        return np.repeat([chunk.unique for chunk in self.chunks], np.diff(self.starts)).astype(bool)

    def key(self, columns: Sequence[str] = ()) -> NDArray[np.int64]:
        """(n,) equal numbers for rows that are equal in these columns (all by default).

        Where the numbers of values allow it, the order of the numbers is that of the rows, empty cells last.
        """
        cells = [self.cells[name] for name in columns or self.cells]
        return combined([(c.codes, len(c.values)) for c in cells], len(self))

    def frame(self, rows: Bools) -> pd.DataFrame:
        """The rows where `rows` (n,) is true, with the dtypes, column order and row order of `features.tables`."""
        indices = np.flatnonzero(rows)
        order = [self.cells[name] for name in self.table.key or self.cells]
        sizes = [len(c.values) + 2 for c in order]
        if np.prod([float(size) for size in sizes]) < INT64:
            key = combined([(c.codes, len(c.values)) for c in order], len(self))[indices]
            indices = indices[np.argsort(key, kind="stable")]
        else:
            ranks = [np.where(c.codes < 0, len(c.values), c.codes)[indices] for c in reversed(order)]
            indices = indices[np.lexsort(ranks)]
        return pd.DataFrame({name: _series(cells, indices) for name, cells in self.cells.items()})

    def replace_stored(self) -> None:
        """Finds the stored rows that have the key of another row. That row keeps their values in the columns that
        its file does not have, and where its own cell cannot be read."""
        if not self.stored.any():
            return
        key = self.key(self.table.identity)
        usable = np.flatnonzero(~(self.stored | self.bad | self.repeated))
        stored = np.flatnonzero(self.stored)
        place = pd.Index(key[usable]).get_indexer(pd.Index(key[stored]))
        both = place >= 0
        new, old = usable[place[both]], stored[both]
        self.replaced_by[old] = new
        for name in self.cells:
            missing = ~self.covered(name)[new] | self.cells[name].bad[new]
            if missing.any():
                self.cells[name] = self.cells[name].copying(new[missing], old[missing])

    def _column(self, column: Column, subjects: SubjectNames) -> Cells:
        if not self.has(column.name):
            return no_cells(int(self.starts[-1]), column)
        empty = texts([""])
        arrays = [
            chunk.fields[column.name].texts
            if column.name in chunk.fields
            else pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(chunk.rows), np.int32)), empty)
            for chunk in self.chunks
        ]
        return read_column(joined_encoded(arrays), column, subjects)


def _stored_chunk(table: str, rows: int) -> Chunk:
    sheet = Sheet("", None, (), (), np.zeros(0, np.int64))
    return Chunk(table, sheet, {}, np.arange(rows))


def combined(codes: Sequence[tuple[NDArray[Any], int]], rows: int) -> NDArray[np.int64]:
    """(rows,) one number for each combination of codes; codes below 0 count as one more value, the last."""
    key, size = np.zeros(rows, np.int64), 1
    for code, values in codes:
        if size * (values + 2) >= INT64:
            key = pd.factorize(key)[0].astype(np.int64)
            size = int(key.max(initial=0)) + 1
        # a cell that cannot be read is not equal to an empty one
        key = key * (values + 2) + np.where(code < 0, values - 1 - code, code)
        size *= values + 2
    return key


def _series(cells: Cells, rows: NDArray[np.int64]) -> pd.Series:
    codes = cells.codes[rows]
    if not isinstance(cells.values, np.ndarray):
        strings = cells.values.take(pa.array(codes, mask=codes < 0))
        return pd.Series(pd.array(strings, dtype="str"))
    nothing = np.array([np.nan if cells.values.dtype.kind == "f" else "NaT"], cells.values.dtype)
    return pd.Series(np.concatenate([cells.values, nothing])[np.maximum(codes, -1)])
