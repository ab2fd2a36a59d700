"""Ids of many units, found by bisection in one array of bytes: an object and an entry of a dictionary take ten times as much."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


class SortedIds:
    """Places of ids. An id with a NUL inside is not known: no table holds one."""

    def __init__(self, ids: Iterable[str]) -> None:
        """ids: without repetition, in any order; a place is that of this order."""
        encoded = np.array([one.encode() for one in ids], dtype=np.bytes_)
        order = np.argsort(encoded, kind="stable")
        self._order = None if np.array_equal(order, np.arange(len(order))) else order.astype(np.int32)
        self._ids = encoded[order]
        self._last: tuple[str, int] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def place(self, one: str) -> int | None:
        """Where it stood among the ids; None for an unknown one. That of the last id is remembered: one request asks often."""
        last = self._last
        if last is not None and last[0] == one:
            return last[1]
        place = self._search(one)
        if place is not None:
            self._last = one, place
        return place

    def _search(self, one: str) -> int | None:
        key = one.encode("utf-8", "surrogatepass")
        if not key or b"\0" in key or len(key) > self._ids.itemsize:
            return None
        index = int(np.searchsorted(self._ids, np.bytes_(key)))
        if index == len(self._ids) or self._ids[index] != key:
            return None
        return index if self._order is None else int(self._order[index])
