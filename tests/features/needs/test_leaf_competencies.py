"""Leaves of a framework, and what a parent stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.needs.leaf_competencies import as_matrix, leaf_ids, leaf_weights

TREE = pd.DataFrame({
    "competency_id": ["teaching", "design", "asking", "talk", "alone"],
    "parent_id": [None, "teaching", "teaching", "asking", None],
})  # fmt: skip


def test_leaves_are_nobodys_parent_in_the_order_of_the_table() -> None:
    assert leaf_ids(TREE) == ("design", "talk", "alone")
    assert leaf_ids(TREE.iloc[::-1]) == ("alone", "talk", "design")


def test_a_parent_stands_evenly_for_its_leaves_and_a_leaf_for_itself() -> None:
    weights = leaf_weights(TREE)
    assert weights.loc["teaching"].tolist() == [0.5, 0.5, 0.0]
    assert weights.loc["asking"].tolist() == [0.0, 1.0, 0.0]
    assert weights.loc["design"].tolist() == [1.0, 0.0, 0.0]
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)


def test_a_circle_of_parents_ends() -> None:
    circle = pd.DataFrame({"competency_id": ["a", "b", "leaf"], "parent_id": ["b", "a", "a"]})
    assert leaf_ids(circle) == ("leaf",)
    assert leaf_weights(circle)["leaf"].tolist() == [1.0, 1.0, 1.0]


def test_an_unknown_name_is_a_row_of_zeros() -> None:
    rows = as_matrix(leaf_weights(TREE), pd.Series(["alone", "nobody", None], dtype=object))
    assert rows.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
