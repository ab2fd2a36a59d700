"""The leaf competencies, and what a parent stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def leaf_ids(competencies: pd.DataFrame) -> tuple[str, ...]:
    """Competencies that are nobody's parent, in the order of the table."""
    parents = set(competencies["parent_id"].dropna())
    return tuple(c for c in competencies["competency_id"] if c not in parents)


def leaf_weights(competencies: pd.DataFrame) -> pd.DataFrame:
    """One row a competency, one column a leaf: a leaf stands for itself, a parent evenly for its leaves.

    Chains are followed at most as deep as there are competencies, so that a circle ends.
    """
    ids = competencies["competency_id"].to_numpy(dtype=object)
    parents = pd.Series(competencies["parent_id"].to_numpy(dtype=object), index=ids)
    leaves = leaf_ids(competencies)
    weights = pd.DataFrame(np.zeros((len(ids), len(leaves))), index=ids, columns=list(leaves))
    for leaf in leaves:
        above, steps = leaf, 0
        while isinstance(above, str) and above in parents.index and steps <= len(ids):
            weights.loc[above, leaf] = 1.0
            above, steps = parents[above], steps + 1
    total = weights.sum(axis=1).replace(0.0, 1.0)
    return weights.div(total, axis=0)


def as_matrix(weights: pd.DataFrame, names: pd.Series) -> NDArray[np.float64]:
    """(len(names), K) rows of `weights`; an unknown name is a row of zeros."""
    return np.asarray(weights.reindex(names).fillna(0.0).to_numpy(dtype=np.float64))
