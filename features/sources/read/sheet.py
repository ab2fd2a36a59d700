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

    Columns are plain texts, but for those of `read_encoded_sheet` (`encoded_texts`).
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
