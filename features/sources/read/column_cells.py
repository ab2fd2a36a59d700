"""A whole column of text becomes values at once: each distinct text is read once, plain numbers by Arrow.

Distinct texts that the vectorised rules do not read go one by one through `read_cell`, which decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schema import Column
from features.sources.read.cell import LOST_CHARACTER, LOST_DIGITS, CellError, is_plain, read_cell
from features.sources.read.encoded_texts import encoded
from features.sources.read.sheet import Texts, joined, plain_texts, texts
from features.sources.read.subject_names import SubjectNames

EMPTY: Final = -1
BAD: Final = -2
PLAIN_NUMBER: Final = r"^-?\d{1,15}(\.\d{1,15})?$"
BARE_NUMBER: Final = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
CONTROL: Final = r"[\x00-\x1f\x7f-\x{9f}]"
ISO_DATE: Final = r"^\d{4}-\d{2}-\d{2}( 00:00:00)?$"
Index = NDArray[np.int32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """A column of n cells with u distinct texts and v distinct values.

    raw (u,) texts of the file; index (n,) into raw; value_of (u,) into values, or EMPTY or BAD;
    values (v,) ascending: float64, datetime64[us] or texts. `renamed` (u,) texts that were read as another
    value of the same meaning, such as a synonym.
    """

    column: Column
    raw: Texts
    index: Index
    value_of: Index
    values: Any
    renamed: Bools

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def codes(self) -> Index:
        """(n,) index of each cell's value in `values`, EMPTY or BAD."""
        return np.asarray(self.value_of[self.index])

    @property
    def bad(self) -> Bools:
        """(n,) cells that could not be read."""
        return np.asarray((self.value_of == BAD)[self.index])

    def text(self, row: int) -> str:
        """The text of the file in a row."""
        return str(self.raw[int(self.index[row])].as_py())

    def numbers(self) -> NDArray[Any]:
        """(n,) the values of a number or date column, NaN or NaT where there is none."""
        nothing = np.array([np.nan if self.values.dtype.kind == "f" else "NaT"], self.values.dtype)
        return np.asarray(np.concatenate([self.values, nothing])[np.maximum(self.codes, EMPTY)])

    def strings(self) -> Texts:
        """(n,) the values of any other column, null where there is none."""
        codes = self.codes
        return self.values.take(pa.array(codes, mask=codes < 0))

    def rows_with(self, mask: Bools) -> Bools:
        """(n,) whether a cell's value is one where `mask` (v,) is true."""
        return np.asarray(np.append(mask, [False, False])[self.codes])

    def extended(self, stored: pd.Series) -> Cells:
        """The column with the values of `stored` as further cells."""
        codes, distinct = pd.factorize(stored)
        if isinstance(self.values, np.ndarray):
            added = np.asarray(distinct, self.values.dtype)
            values, rank = np.unique(np.concatenate([self.values, added]), return_inverse=True)
            raw = pc.cast(pa.array(added), pa.large_string())
            ranks: NDArray[Any] = rank
        else:
            raw = pa.array(distinct, pa.large_string())
            ranks, values = _ranked(joined([self.values, raw]))
        old, new = ranks[: len(self.values)], ranks[len(self.values) :]
        value_of = np.where(self.value_of >= 0, np.append(old, [0, 0])[self.value_of], self.value_of)
        place = np.where(codes < 0, len(new), codes) + len(self.raw)
        return Cells(
            self.column,
            joined([self.raw, raw, texts([""])]),
            np.concatenate([self.index, place]).astype(np.int32),
            np.concatenate([value_of, new, [EMPTY]]).astype(np.int32),
            values,
            np.append(self.renamed, np.zeros(len(new) + 1, dtype=bool)),
        )

    def copying(self, to: NDArray[np.int64], source: NDArray[np.int64]) -> Cells:
        """The column with the cells of the rows `source` in the rows `to`."""
        index = self.index.copy()
        index[to] = index[source]
        return replace(self, index=index)

    def renaming(self, new_texts: Mapping[str, str]) -> Cells:
        """The column with some values (texts) replaced: old text -> new text."""
        if not new_texts:
            return self
        new = texts([new_texts.get(str(v), str(v)) for v in self.values.to_pylist()])
        rank, values = _ranked(new)
        value_of = np.where(self.value_of >= 0, np.append(rank, [0, 0])[self.value_of], self.value_of)
        replaced = pc.is_in(self.values, value_set=texts(list(new_texts))).to_numpy(zero_copy_only=False)
        renamed = self.renamed | np.append(replaced, [False, False])[self.value_of]
        return replace(self, value_of=value_of.astype(np.int32), values=values, renamed=renamed)


def read_column(cells: Texts, column: Column, subjects: SubjectNames) -> Cells:
    """The values of a column of texts; cells that cannot be read are BAD, `cell_error` gives the reason."""
    distinct = encoded(cells)
    raw = distinct.dictionary
    index = distinct.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    clean = pc.utf8_trim_whitespace(plain_texts(_clean(raw))) if is_plain(column) else _clean(raw)
    empty = pc.equal(clean, "").to_numpy(zero_copy_only=False)
    if column.kind in ("number", "integer"):
        value_of, values, renamed = _numbers(raw, clean, empty, column)
    elif column.kind == "date":
        value_of, values, renamed = _dates(raw, clean, empty, column)
    elif column.kind == "list" or column.choices or column.subject:
        value_of, values, renamed = _words(raw, empty, column, subjects)
    else:
        value_of, values, renamed = _texts(clean, empty, column)
    value_of[empty] = BAD if column.required else EMPTY
    return Cells(column, raw, index, value_of, values, renamed)


def no_cells(rows: int, column: Column) -> Cells:
    """A column that a source does not have."""
    kind = {"number": "f8", "integer": "f8", "date": "M8[us]"}.get(column.kind)
    values: Any = texts([]) if kind is None else np.zeros(0, kind)
    code = BAD if column.required else EMPTY
    return Cells(
        column, texts([""]), np.zeros(rows, np.int32), np.array([code], np.int32), values, np.zeros(1, bool)
    )


def cell_error(text: str, column: Column) -> CellError:
    """Why a text cannot be read in this column."""
    try:
        read_cell(text, column)
    except CellError as error:
        return error
    raise AssertionError(f"{text!r} can be read as {column.name}")


def _clean(raw: Texts) -> Texts:
    """Texts as `read_cell` sees them: NFC, without spaces around."""
    if not pc.all(pc.string_is_ascii(raw), min_count=0).as_py():
        raw = pc.utf8_normalize(raw, "NFC")
    clean = pc.utf8_trim_whitespace(raw)
    has_control = pc.match_substring_regex(clean, CONTROL)
    if pc.any(has_control, min_count=0).as_py():  # Arrow and Python differ in which of these are spaces
        stripped = texts([text.strip() for text in clean.filter(has_control).to_pylist()])
        clean = pc.replace_with_mask(clean, has_control, stripped)
    return clean


def _numbers(raw: Texts, clean: Texts, empty: Bools, column: Column) -> tuple[Index, Any, Bools]:
    plain = pc.match_substring_regex(clean, PLAIN_NUMBER).to_numpy(zero_copy_only=False)
    numbers = np.full(len(raw), np.nan)
    numbers[plain] = pc.cast(clean.filter(pa.array(plain)), pa.float64()).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        good = plain.copy()
        if column.kind == "integer":
            good &= numbers == np.floor(numbers)
        if column.low is not None:
            good &= numbers > column.low if column.above else numbers >= column.low
        if column.high is not None:
            good &= numbers <= column.high
    for i in np.flatnonzero(~good & ~empty):
        value = _read(raw[int(i)].as_py(), column)
        good[i] = isinstance(value, int | float)
        numbers[i] = value if isinstance(value, int | float) else np.nan
    values, rank = np.unique(numbers[good] + 0.0, return_inverse=True)
    return _value_of(good, rank), values, good & ~plain & ~_bare(clean)


def _bare(clean: Texts) -> Bools:
    """(u,) numbers without a unit, however they are written: 1e3, .5, +7."""
    return np.asarray(pc.match_substring_regex(clean, BARE_NUMBER).to_numpy(zero_copy_only=False))


def _dates(raw: Texts, clean: Texts, empty: Bools, column: Column) -> tuple[Index, Any, Bools]:
    days = [
        None if is_empty else _read(text, column)
        for text, is_empty in zip(raw.to_pylist(), empty, strict=True)
    ]
    good = np.array([day is not None for day in days], dtype=bool)
    values, rank = np.unique(
        np.array([day for day in days if day is not None], dtype="M8[us]"), return_inverse=True
    )
    iso = pc.match_substring_regex(clean, ISO_DATE).to_numpy(zero_copy_only=False)
    return _value_of(good, rank), values, good & ~iso


def _words(raw: Texts, empty: Bools, column: Column, subjects: SubjectNames) -> tuple[Index, Texts, Bools]:
    words: list[str] = []
    good, renamed = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    for i in np.flatnonzero(~empty):
        value = _read(raw[int(i)].as_py(), column)
        if value is None:
            continue
        items = value if isinstance(value, tuple) else (str(value),)
        if column.subject:
            names = tuple(dict.fromkeys(map(subjects.name, items)))
            renamed[i] = names != items
            items = names
        good[i] = True
        words.append(";".join(items))
    rank, values = _ranked(texts(words))
    return _value_of(good, rank), values, renamed


def _texts(clean: Texts, empty: Bools, column: Column) -> tuple[Index, Texts, Bools]:
    good = ~empty & ~pc.match_substring(clean, LOST_CHARACTER).to_numpy(zero_copy_only=False)
    if column.kind == "id":
        good &= ~pc.match_substring_regex(clean, f"^({LOST_DIGITS})$").to_numpy(zero_copy_only=False)
    rank, values = _ranked(clean.filter(pa.array(good)))
    return _value_of(good, rank), values, np.zeros(len(clean), dtype=bool)


def _read(text: str, column: Column) -> Any:
    try:
        return read_cell(text, column)
    except CellError:
        return None


def _ranked(words: Texts) -> tuple[Index, Texts]:
    """(n,) rank of each text among the distinct ones, and those in the order of their characters."""
    distinct = words.dictionary_encode()
    order = pc.sort_indices(distinct.dictionary).to_numpy(zero_copy_only=False)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[distinct.indices.to_numpy(zero_copy_only=False)], distinct.dictionary.take(pa.array(order))


def _value_of(good: Bools, rank: NDArray[Any]) -> Index:
    value_of = np.full(len(good), BAD, np.int32)
    value_of[good] = rank
    return value_of
