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

    overlong: places of rows that have more cells than the header. made_up: the files beside it say so.
    """

    file: str
    name: str | None
    header: tuple[str, ...]
    columns: tuple[Texts, ...]
    rows: Index
    header_row: int = 1
    overlong: Index = field(default_factory=lambda: np.zeros(0, np.int64))

    def column(self, header: str) -> int | None:
        """The place of the column with this header, spaces and case aside; None where there is none."""
        folded = [fold(text) for text in self.header]
        return folded.index(fold(header)) if fold(header) in folded else None


def fold(header: str) -> str:
    """A header without spaces and case."""
    return "".join(header.split()).casefold()


def letter(place: int) -> str:
    """The spreadsheet's name of a column: 0 is A, 26 is AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def texts(cells: Sequence[str]) -> Texts:
    """A column of text."""
    return pa.array(cells, pa.large_string())


def joined(parts: Sequence[Texts]) -> Texts:
    """Columns one below the other."""
    whole = pa.chunked_array(list(parts), pa.large_string()).combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def side_by_side(columns: Sequence[Texts], between: str) -> Texts:
    """Cells of several columns as one text each; null where one of them is null."""
    return pc.binary_join_element_wise(*columns, pa.scalar(between, pa.large_string()))


def cut(
    file: str,
    name: str | None,
    grid: Sequence[Texts],
    header_row: int | None = None,
    overlong: Sequence[int] = (),
) -> Sheet:
    """The sheet in a grid whose first row is row 1; the header is the first row that is not blank.

    header_row: the header's own row number where it is told; what stands above is left out.
    overlong: row numbers.
    """
    height = len(grid[0]) if grid else 0
    filled = ~_blank(grid, height)
    first = int(np.argmax(filled)) if filled.any() else height
    place = first if header_row is None else header_row - 1
    if place >= height:
        return Sheet(file, name, (), (), np.zeros(0, np.int64), place + 1)
    header = tuple(str(column[place].as_py()).strip() for column in grid)
    keep = np.flatnonzero(filled[place + 1 :]) + place + 1
    whole = len(keep) == height - place - 1
    columns = tuple(c.slice(place + 1) if whole else c.take(pa.array(keep)) for c in grid)
    long = np.flatnonzero(np.isin(keep + 1, np.asarray(overlong, np.int64))).astype(np.int64)
    return Sheet(file, name, header, columns, keep.astype(np.int64) + 1, place + 1, long)


def _blank(grid: Sequence[Texts], height: int) -> NDArray[np.bool_]:
    """(height,) rows whose cells are all empty; a column is only looked at where the earlier ones are."""
    left = np.arange(height)
    for column in grid:
        if not len(left):
            break
        part = column if len(left) == height else column.take(pa.array(left))
        empty = pc.equal(pc.utf8_trim_whitespace(part), "")
        left = left[empty.to_numpy(zero_copy_only=False)]
    blank = np.zeros(height, dtype=bool)
    blank[left] = True
    return blank
