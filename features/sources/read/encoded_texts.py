"""Columns of text in which each distinct text stands once: an Arrow dictionary array, a code for each cell.

Tables repeat most of their cells. Encoded they are a third of the size between processes and in memory, and the distinct
texts, which are all that has to be understood, are there at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.sources.read.sheet import Texts

ENCODED: Final = pa.dictionary(pa.int32(), pa.large_string())


def is_encoded(cells: Texts) -> bool:
    """Whether a column is a dictionary array."""
    return bool(pa.types.is_dictionary(cells.type))


def encoded(cells: Texts) -> Texts:
    """The column as a dictionary array; as it is where it is one."""
    return cells if is_encoded(cells) else cells.dictionary_encode()


def decoded(cells: Texts) -> Texts:
    """The column as plain texts; as it is where it is."""
    return cells.dictionary_decode() if is_encoded(cells) else cells


def without_unused(cells: Texts) -> Texts:
    """The column without texts in its dictionary that no cell has, such as those of rows that were cut off."""
    if not is_encoded(cells):
        return cells
    codes = cells.indices.to_numpy(zero_copy_only=False)
    used = np.zeros(len(cells.dictionary), dtype=bool)
    used[codes] = True
    if used.all():
        return cells
    number = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return pa.DictionaryArray.from_arrays(pa.array(number[codes]), cells.dictionary.filter(pa.array(used)))


def joined_encoded(chunks: Sequence[Texts]) -> Texts:
    """Columns one below the other as one dictionary array."""
    if not chunks:
        return encoded(pa.array([], pa.large_string()))
    if len(chunks) == 1:
        return encoded(chunks[0])
    column = pa.chunked_array([encoded(chunk) for chunk in chunks]).unify_dictionaries().combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def is_blank(cells: Texts) -> NDArray[np.bool_]:
    """(n,) cells that are empty or spaces."""
    texts = cells.dictionary if is_encoded(cells) else cells
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "").to_numpy(zero_copy_only=False)
    return np.asarray(blank[cells.indices.to_numpy(zero_copy_only=False)] if is_encoded(cells) else blank)
