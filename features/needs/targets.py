"""Targets: where a teacher of this role, stage, subject and step should be, and how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.leaf_competencies import as_matrix, leaf_ids, leaf_weights
from features.needs.rule_matching import winning_rows
from features.tables import Tables

SELECTORS = ("subject", "stage", "ladder_step", "role")  # the order decides ties (contract section 1)


@dataclass(frozen=True)
class Targets:
    """(N, K) each: where a target matches, the target in teacher-SD units, the policy weight."""

    applies: NDArray[np.bool_]
    target: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class TargetRows:
    """Which row of the targets table holds for whom: kind (N,) of each teacher, row (kinds, K), -1 where none matches."""

    table: pd.DataFrame
    kind: NDArray[np.intp]
    row: NDArray[np.intp]

    def selectors(self, teacher: int, leaf: int) -> tuple[str, ...]:
        """The filled selectors of the row that holds for a teacher: whose target it is; empty for a target of everybody."""
        row = self.row[self.kind[teacher], leaf]
        if row < 0:
            return ()
        cells = self.table.iloc[row]
        return tuple(name for name in SELECTORS if isinstance(cells[name], str))


def find_target_rows(tables: Tables) -> TargetRows:
    """The winning rows of all teachers on all leaves. A target on a parent competency holds for each of its leaves,
    a row on the leaf itself goes before it."""
    rows = tables["targets"]
    weights_of = leaf_weights(tables["competencies"])
    cases = tables["teachers"][["role", "stage", "subject", "ladder_step"]]
    kinds = cases.drop_duplicates(ignore_index=True)
    kind = pd.MultiIndex.from_frame(kinds).get_indexer(pd.MultiIndex.from_frame(cases))
    leaves = leaf_ids(tables["competencies"])
    winning = np.full((len(kinds), len(leaves)), -1, dtype=np.intp)
    stands = as_matrix(weights_of, rows["competency_id"]) > 0
    own = rows["competency_id"].to_numpy(dtype=object)
    for k, leaf in enumerate(leaves):
        for in_rank in (stands[:, k] & (own != leaf), own == leaf):
            chosen = np.flatnonzero(in_rank)
            if not len(chosen):
                continue
            best = winning_rows(rows.iloc[chosen].reset_index(drop=True), kinds, SELECTORS)
            winning[best >= 0, k] = chosen[best[best >= 0]]
    return TargetRows(rows, np.asarray(kind, dtype=np.intp), winning)


def find_targets(tables: Tables) -> Targets:
    """Targets of all teachers on all leaves; see `find_target_rows`. Without any target row: 0 everywhere, weight 1, all
    leaves."""
    rows = tables["targets"]
    if not len(rows):
        shape = (len(tables["teachers"]), len(leaf_ids(tables["competencies"])))
        return Targets(np.ones(shape, bool), np.zeros(shape), np.ones(shape))
    winning = find_target_rows(tables)
    row = winning.row[winning.kind]
    applies = row >= 0
    target = np.where(applies, rows["target"].to_numpy(np.float64)[row], 0.0)
    weight = np.where(applies, rows["weight"].fillna(1.0).to_numpy(np.float64)[row], 0.0)
    return Targets(applies, target, weight)
