"""Rows that are in a table twice: identical ones are kept once with a note, conflicting ones are a problem."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.staging import StagingTable


def check_repeats(draft: StagingTable, findings: Issues) -> None:
    """Marks later rows that repeat an earlier good row, or share its key and say something else."""
    usable = ~draft.bad
    named = draft.table.key or draft.table.selectors
    key = draft.key(named)
    again = np.zeros(len(draft), dtype=bool)
    again[usable] = pd.Series(key[usable]).duplicated().to_numpy()
    if not again.any():
        return
    first = _first_with(key, usable, again)
    same = np.zeros(len(draft), dtype=bool)
    places = np.flatnonzero(again)
    same[places] = True
    for cells in draft.cells.values():
        same[places] &= cells.codes[places] == cells.codes[first[places]]
    draft.repeated |= again & same
    columns = [name for name in named if draft.has(name)]

    def kept(row: int) -> Message:
        number = draft.number_of(int(first[row]))
        return Message(f"与第 {number} 行相同,只保留一次", f"the same as row {number}; kept once")

    def conflict(row: int) -> Message:
        number = draft.number_of(int(first[row]))
        file = draft.part_of(int(first[row])).sheet.file
        where = "" if draft.part_of(row).sheet.file == file else f" ({file})"
        return Message(
            f"与第 {number} 行{where}键值相同但内容不同,请只保留一行",
            f"a key of its own; row {number}{where} has it with other values: keep one",
        )

    findings.note(draft, again & same & ~draft.unique(), columns, kept)
    findings.rows(draft, again & ~same, columns, conflict)


def _first_with(
    key: np.ndarray[tuple[int], np.dtype[np.int64]],
    usable: np.ndarray[tuple[int], np.dtype[np.bool_]],
    again: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) place of the first usable row with each row's key, where it is repeated."""
    places = np.flatnonzero(usable & ~again)
    at = pd.Index(key[places]).get_indexer(pd.Index(key[again]))
    first = np.zeros(len(key), np.int64)
    first[again] = places[at]
    return first
