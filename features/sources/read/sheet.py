"""A grid of text as a spreadsheet shows it: header, columns, and the row numbers that people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Texts = Any  # a pyarrow array of large_string without nulls; an empty cell is ""
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Sheet:
    """`columns` are as long as `rows`, which are the spreadsheet's own numbers; blank rows are left out.

    overlong: indices of rows that have more cells than the header.
    """

    file: str
    name: str | None
    header: tuple[str, ...]
    columns: tuple[Texts, ...]
    rows: Index
    header_row: int = 1
    overlong: Index = field(default_factory=lambda: np.zeros(0, np.int64))

    def column(self, header: str) -> int | None:
        """The index of the column with this header, ignoring spaces and case; None where there is none."""
        folded = [fold(text) for text in self.header]
        return folded.index(fold(header)) if fold(header) in folded else None


def fold(header: str) -> str:
    """A header without spaces and case."""
    return "".join(header.split()).casefold()


def letter(index: int) -> str:
    """The spreadsheet's name of a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        name = chr(65 + digit) + name
    return name


def texts(cells: Sequence[str]) -> Texts:
    """A column of text."""
    return pa.array(cells, pa.large_string())


def joined(arrays: Sequence[Texts]) -> Texts:
    """Arrays of texts, concatenated."""
    combined = pa.chunked_array(list(arrays), pa.large_string()).combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def join_cells(columns: Sequence[Texts], separator: str) -> Texts:
    """The cells of each row joined by `separator`; null where one of them is null."""
    return pc.binary_join_element_wise(*columns, pa.scalar(separator, pa.large_string()))


def cut(
    file: str,
    name: str | None,
    grid: Sequence[Texts],
    header_row: int | None = None,
    overlong: Sequence[int] = (),
) -> Sheet:
    """The sheet in a grid whose first row is row 1; the header is the first row that is not blank.

    header_row: the header's row number, where the first row that is not blank is not the header.
    overlong: row numbers.
    """
    height = len(grid[0]) if grid else 0
    filled = ~_blank(grid, height)
    first = int(np.argmax(filled)) if filled.any() else height
    top = first if header_row is None else header_row - 1
    if top >= height:
        return Sheet(file, name, (), (), np.zeros(0, np.int64), top + 1)
    header = tuple(str(column[top].as_py()).strip() for column in grid)
    keep = np.flatnonzero(filled[top + 1 :]) + top + 1
    contiguous = len(keep) == height - top - 1
    columns = tuple(c.slice(top + 1) if contiguous else c.take(pa.array(keep)) for c in grid)
    overlong_rows = np.flatnonzero(np.isin(keep + 1, np.asarray(overlong, np.int64))).astype(np.int64)
    return Sheet(file, name, header, columns, keep.astype(np.int64) + 1, top + 1, overlong_rows)


def _blank(grid: Sequence[Texts], height: int) -> NDArray[np.bool_]:
    """(height,) rows whose cells are all empty; each column is tested only where the earlier ones are empty."""
    candidates = np.arange(height)
    for column in grid:
        if not len(candidates):
            break
        cells = column if len(candidates) == height else column.take(pa.array(candidates))
        empty = pc.equal(pc.utf8_trim_whitespace(cells), "")
        candidates = candidates[empty.to_numpy(zero_copy_only=False)]
    blank = np.zeros(height, dtype=bool)
    blank[candidates] = True
    return blank
