"""The sheet in a grid of cells: header, data rows and their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.sources.read.encoded_texts import is_blank, without_unused
from features.sources.read.sheet import HeaderRows, Sheet, Texts


def cut(
    file: str,
    name: str | None,
    grid: Sequence[Texts],
    header_rows: HeaderRows = None,
    overlong: Sequence[int] = (),
    groups_filled: bool = False,
) -> Sheet:
    """The sheet in a grid whose first row is row 1; the header is the first row that is not blank.

    header_rows: the header's row numbers, where the first row that is not blank is not the header. Of several rows
    the upper ones name groups of columns. groups_filled: these names stand above each column of the group, not
    only above its first. overlong: row numbers.
    """
    height = len(grid[0]) if grid else 0
    filled = ~_blank(grid, height)
    first = int(np.argmax(filled)) if filled.any() else height
    top = first if header_rows is None else header_rows[-1] - 1
    if top >= height:
        return Sheet(file, name, (), (), np.zeros(0, np.int64), top + 1)
    header = _header(grid, (top + 1,) if header_rows is None else header_rows, groups_filled)
    keep = np.flatnonzero(filled[top + 1 :]) + top + 1
    contiguous = len(keep) == height - top - 1
    columns = tuple(without_unused(c.slice(top + 1) if contiguous else c.take(pa.array(keep))) for c in grid)
    overlong_rows = np.flatnonzero(np.isin(keep + 1, np.asarray(overlong, np.int64))).astype(np.int64)
    return Sheet(file, name, header, columns, keep.astype(np.int64) + 1, top + 1, overlong_rows)


def _header(grid: Sequence[Texts], rows: Sequence[int], groups_filled: bool) -> tuple[str, ...]:
    """The cells of the header's rows one after the other, such as `Geometry score`."""
    *groups, names = [[str(column[row - 1].as_py()).strip() for column in grid] for row in rows]
    if not groups_filled:
        groups = [_filled_right(group) for group in groups]
    # a cell that spans the header's rows is named once
    return tuple(" ".join(dict.fromkeys(filter(None, column))) for column in zip(*groups, names, strict=True))


def _filled_right(group: Sequence[str]) -> list[str]:
    filled: list[str] = []
    for cell in group:
        filled.append(cell or (filled[-1] if filled else ""))
    return filled


def _blank(grid: Sequence[Texts], height: int) -> NDArray[np.bool_]:
    """(height,) rows whose cells are all empty; each column is tested only where the earlier ones are empty."""
    candidates = np.arange(height)
    for column in grid:
        if not len(candidates):
            break
        cells = column if len(candidates) == height else column.take(pa.array(candidates))
        candidates = candidates[is_blank(cells)]
    blank = np.zeros(height, dtype=bool)
    blank[candidates] = True
    return blank
