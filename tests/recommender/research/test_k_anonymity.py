"""Classes are counted rightly, reach k, and no column is coarser than it has to be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.research.k_anonymity import ANY, class_sizes, generalise


def _hierarchies(rows: list[tuple[int, int]]) -> dict[str, list[pd.Series]]:
    """Two columns of small numbers: as they are, halved, nothing."""
    frame = pd.DataFrame(rows, columns=["a", "b"]).astype(object)
    return {name: [frame[name], frame[name].map(lambda v: v // 2), pd.Series(ANY, index=frame.index)] for name in frame}


@given(st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.integers(0, 2)), min_size=1, max_size=40))
def test_class_sizes_are_counts_of_equal_rows(rows: list[tuple[str | None, int]]) -> None:
    counts = Counter(rows)
    frame = pd.DataFrame(rows, columns=["a", "b"]).astype({"a": object})
    assert class_sizes(frame).tolist() == [counts[row] for row in rows]


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=0, max_size=60),
    st.integers(2, 6),
    st.sampled_from([0.0, 0.1, 0.3]),
)
def test_what_is_kept_stands_in_classes_of_k(rows: list[tuple[int, int]], k: int, most: float) -> None:
    hierarchies = _hierarchies(rows)
    result = generalise(hierarchies, k, most)
    kept = result.frame[result.kept]
    assert not len(kept) or class_sizes(kept).min() >= k
    assert (~result.kept).sum() <= most * len(rows) or all(level == 2 for level in result.levels.values())
    for name, level in result.levels.items():  # no single column could be finer
        if level and len(rows):
            finer = {**result.levels, name: level - 1}
            frame = pd.DataFrame({one: hierarchies[one][at] for one, at in finer.items()})
            assert (class_sizes(frame) < k).mean() > most


def test_what_is_fine_already_stays() -> None:
    result = generalise(_hierarchies([(1, 1)] * 5 + [(2, 3)] * 5), 5, 0.0)
    assert result.levels == {"a": 0, "b": 0} and result.kept.all()
    with pytest.raises(ValueError, match="at least 2"):
        generalise({}, 1, 0.0)


def test_without_columns_all_are_one_class() -> None:
    assert np.array_equal(class_sizes(pd.DataFrame(index=range(3))), [3, 3, 3])
