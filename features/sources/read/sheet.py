"""A grid of text as a spreadsheet shows it: header, columns, and the row numbers that people see."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.messages import Message

Texts = Any  # a pyarrow array of large_string without nulls; an empty cell is ""
Index = NDArray[np.int64]
FULL_WIDTH: Final = r"[\x{ff01}-\x{ff5e}]"
_HALF_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
HeaderRows = (
    tuple[int, ...] | None
)  # row numbers one below the other; None for the first row that is not blank


@dataclass(frozen=True)
class Sheet:
    """`columns` are as long as `rows`, which are the spreadsheet's own numbers; blank rows are left out.

    overlong: indices of rows that have more cells than the header. notes: how the file was read, where another
    way was possible. decimal_comma: numbers may be written as 1,5.
    """

    file: str
    name: str | None
    header: tuple[str, ...]
    columns: tuple[Texts, ...]
    rows: Index
    header_row: int = 1
    overlong: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    notes: tuple[Message, ...] = ()
    decimal_comma: bool = False

    def columns_named(self, header: str) -> list[int]:
        """The indices of the columns with this header, ignoring spaces and case.

        Of several with one header, `header#2` names the second alone.
        """
        folded = [fold(text) for text in self.header]
        same = [i for i, text in enumerate(folded) if text == fold(header)]
        name, mark, number = header.rpartition("#")
        if same or not mark or not number.isdecimal():
            return same
        same = [i for i, text in enumerate(folded) if text == fold(name)]
        return same[int(number) - 1 : int(number)] if int(number) else []

    def column(self, header: str) -> int | None:
        """The index of the first column with this header; None where there is none."""
        return next(iter(self.columns_named(header)), None)

    def take(self, indices: Index) -> Sheet:
        """The rows with these indices, in this order; a row may be taken several times."""
        overlong = np.zeros(len(self.rows), dtype=bool)
        overlong[self.overlong] = True
        columns = tuple(column.take(pa.array(indices)) for column in self.columns)
        return replace(
            self,
            columns=columns,
            rows=self.rows[indices],
            overlong=np.flatnonzero(overlong[indices]).astype(np.int64),
        )


def fold(header: str) -> str:
    """A header without spaces, case and full-width forms."""
    return "".join(unicodedata.normalize("NFKC", header).split()).casefold()


def half_width(text: str) -> str:
    """A text whose full-width letters, digits and signs are those of ASCII."""
    return text.translate(_HALF_WIDTH)


def plain_texts(cells: Texts) -> Texts:
    """Cells with ASCII letters, digits and signs for full-width ones."""
    if not pc.any(pc.match_substring_regex(cells, FULL_WIDTH), min_count=0).as_py():
        return cells
    distinct = cells.dictionary_encode()
    return texts([half_width(text) for text in distinct.dictionary.to_pylist()]).take(distinct.indices)


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
    columns = tuple(c.slice(top + 1) if contiguous else c.take(pa.array(keep)) for c in grid)
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
        empty = pc.equal(pc.utf8_trim_whitespace(cells), "")
        candidates = candidates[empty.to_numpy(zero_copy_only=False)]
    blank = np.zeros(height, dtype=bool)
    blank[candidates] = True
    return blank
