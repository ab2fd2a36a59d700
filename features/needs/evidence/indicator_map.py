"""What a dimension or an item says: its weights on the leaf competencies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.leaf_competencies import as_matrix, leaf_weights
from features.needs.rule_matching import winning_rows
from features.tables import Tables

SELECTORS = ("subject", "stage", "assessment_id")  # ties by subject, stage (contract section 1)


class IndicatorMap:
    """Looks up weights of indicators in their context; collects those that nobody has tied to anything."""

    def __init__(self, tables: Tables) -> None:
        self.rows = tables["indicators"]
        self.leaves = leaf_weights(tables["competencies"])
        self.unused: set[tuple[str, str]] = set()

    def of(self, source: str, cases: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """(row of Q for each case or -1, Q (J, K)); rows of Q sum to 1.

        cases: columns indicator, subject, stage, assessment_id. An indicator may name several competencies:
        for each the row with most selectors filled counts. Without any row for its context the indicator stands
        for the competency of the same id, else it is unused and reported.
        """
        names = ["indicator", "subject", "stage", "assessment_id"]
        kinds = cases[names].drop_duplicates(ignore_index=True)
        kind = pd.MultiIndex.from_frame(kinds).get_indexer(pd.MultiIndex.from_frame(cases[names]))
        weights = np.zeros((len(kinds), self.leaves.shape[1]))
        rows = self.rows[self.rows["source"] == source]
        mapped = np.zeros(len(kinds), dtype=bool)
        for (indicator, competency), group in rows.groupby(["indicator", "competency_id"], sort=True):
            cases_of = np.flatnonzero((kinds["indicator"] == indicator).to_numpy())
            group = group.reset_index(drop=True)
            best = winning_rows(group, kinds.iloc[cases_of], SELECTORS)
            mapped[cases_of] |= best >= 0
            value = np.where(best >= 0, group["weight"].to_numpy()[best], 0.0)
            weights[cases_of] += value[:, None] * as_matrix(self.leaves, pd.Series([competency]))
        weights[~mapped] = as_matrix(self.leaves, kinds["indicator"][~mapped])
        total = weights.sum(axis=1)
        self.unused |= {(source, str(name)) for name in kinds["indicator"][total <= 0]}
        shares = np.round(weights / np.where(total > 0, total, 1.0)[:, None], 9)
        row = np.full(len(kinds), -1, dtype=np.intp)
        q = shares[:0]
        if (total > 0).any():
            q, row[total > 0] = np.unique(shares[total > 0], axis=0, return_inverse=True)
        return row[kind].astype(np.intp), q
