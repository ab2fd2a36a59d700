"""The hierarchy of organizations: the chain from each one up to its root, as arrays."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Index = NDArray[np.intp]


class Organizations:
    """Chains of O organizations; `organizations` is the table of that name.

    An id that is not in the table is its own root, so an unregistered school still owns its courses.
    """

    def __init__(self, organizations: pd.DataFrame, *others: pd.Series) -> None:
        """others: columns that name organizations, registered or not (schools of teachers, providers)."""
        registered = organizations["org_id"].to_numpy(dtype=object)
        all_ids = pd.concat(
            [pd.Series(registered, dtype=object), *(o.dropna().astype(object) for o in others)]
        )
        self.ids = pd.Index(all_ids.unique(), dtype=object)
        self._parent_ids = organizations["parent_id"].to_numpy(dtype=object)

    def places(self, ids: pd.Series) -> Index:
        """(n,) index of each id, -1 for an empty one."""
        return np.asarray(self.ids.get_indexer(pd.Index(ids, dtype=object)), dtype=np.intp)

    @cached_property
    def chains(self) -> Index:
        """(O, D) each organization, then its parent and so on up, -1 after the root; a cycle ends."""
        parent = np.full(len(self.ids), -1, dtype=np.intp)
        parent[: len(self._parent_ids)] = self.ids.get_indexer(pd.Index(self._parent_ids, dtype=object))
        levels = [np.arange(len(self.ids), dtype=np.intp)]
        for _ in range(len(self.ids)):  # as many rounds as the chain is deep
            current = levels[-1]
            above = np.where(current >= 0, parent[current], -1) if len(parent) else current
            visited = np.zeros(len(above), dtype=bool)
            for level in levels:
                visited |= above == level
            above = np.where(visited, -1, above)
            if not (above >= 0).any():
                break
            levels.append(above)
        return np.column_stack(levels)

    def distance(self, below: Index, above: Index) -> Index:
        """Steps up from `below` to `above` (0: the same), -1 where it is not among its ancestors; broadcasts.

        Both are indices as `places` gives them; an index of -1 is no ancestor.
        """
        low, high = np.broadcast_arrays(below, above)
        steps = np.full(low.shape, -1, dtype=np.intp)
        for step in range(self.chains.shape[1] - 1, -1, -1):
            ancestor = (low >= 0) & (high >= 0) & (self.chains[low, step] == high)
            steps[ancestor] = step
        return steps
