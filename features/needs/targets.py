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


def find_targets(tables: Tables) -> Targets:
    """Targets of all teachers on all leaves. A target on a parent competency holds for each of its leaves,
    a row on the leaf itself goes before it. Without any target row: 0 everywhere, weight 1, all leaves."""
    teachers, rows = tables["teachers"], tables["targets"]
    leaves = leaf_ids(tables["competencies"])
    shape = (len(teachers), len(leaves))
    if not len(rows):
        return Targets(np.ones(shape, bool), np.zeros(shape), np.ones(shape))
    applies, target, weight = np.zeros(shape, bool), np.zeros(shape), np.zeros(shape)
    weights_of = leaf_weights(tables["competencies"])
    cases = teachers[["role", "stage", "subject", "ladder_step"]]
    kinds = cases.drop_duplicates(ignore_index=True)
    kind = pd.MultiIndex.from_frame(kinds).get_indexer(pd.MultiIndex.from_frame(cases))
    stands = as_matrix(weights_of, rows["competency_id"]) > 0
    own = rows["competency_id"].to_numpy(dtype=object)
    for k, leaf in enumerate(leaves):
        for in_rank in (stands[:, k] & (own != leaf), own == leaf):
            chosen = rows[in_rank].reset_index(drop=True)
            if not len(chosen):
                continue
            best = winning_rows(chosen, kinds, SELECTORS)[kind]
            matched = best >= 0
            applies[matched, k] = True
            target[matched, k] = chosen["target"].to_numpy()[best[matched]]
            weight[matched, k] = chosen["weight"].fillna(1.0).to_numpy()[best[matched]]
    return Targets(applies, target, weight)
