"""Rows that are in a table twice: identical ones are kept once with a note, conflicting ones are a problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.messages import Message, message
from features.sources.issues import Issues
from features.sources.staging import StagingTable


def check_duplicates(staging: StagingTable, issues: Issues) -> None:
    """Marks later rows of the files that repeat an earlier good row, or have its key with other values."""
    usable = ~(staging.bad | staging.stored)
    key_columns = staging.table.identity
    key = staging.key(key_columns)
    duplicate = np.zeros(len(staging), dtype=bool)
    duplicate[usable] = pd.Series(key[usable]).duplicated().to_numpy()
    if not duplicate.any():
        return
    first = _first_with_key(key, usable, duplicate)
    identical = np.zeros(len(staging), dtype=bool)
    indices = np.flatnonzero(duplicate)
    identical[indices] = True
    for cells in staging.cells.values():
        identical[indices] &= cells.codes[indices] == cells.codes[first[indices]]
    staging.repeated |= duplicate & identical
    columns = [name for name in key_columns if staging.has(name)]

    def identical_row(row: int) -> Message:
        return message("sources.identical_row", row=staging.row_number(int(first[row])))

    def conflicting_row(row: int) -> Message:
        number = staging.row_number(int(first[row]))
        file = staging.chunk_of(int(first[row])).sheet.file
        if staging.chunk_of(row).sheet.file == file:
            return message("sources.conflicting_row", row=number)
        return message("sources.conflicting_row_in_file", row=number, file=file)

    issues.note(staging, duplicate & identical & ~staging.unique(), columns, identical_row)
    issues.problem(staging, duplicate & ~identical, columns, conflicting_row)


def _first_with_key(
    key: np.ndarray[tuple[int], np.dtype[np.int64]],
    usable: np.ndarray[tuple[int], np.dtype[np.bool_]],
    duplicate: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) index of the first usable row with the key of each duplicate row, 0 elsewhere."""
    originals = np.flatnonzero(usable & ~duplicate)
    position = pd.Index(key[originals]).get_indexer(pd.Index(key[duplicate]))
    first = np.zeros(len(key), np.int64)
    first[duplicate] = originals[position]
    return first
