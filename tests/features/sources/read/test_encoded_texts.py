"""Encoded columns say what plain ones say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.sources.read.encoded_texts import (
    decoded,
    encoded,
    is_blank,
    is_encoded,
    joined_encoded,
    without_unused,
)
from features.sources.read.sheet import texts

COLUMNS = st.lists(st.lists(st.sampled_from(["", " ", "a", "数学", "S01", "\u3000"]), max_size=6), max_size=4)


@given(COLUMNS)
def test_joined_columns_are_the_cells_one_below_the_other(columns):
    joined = joined_encoded([encoded(texts(cells)) if i % 2 else texts(cells) for i, cells in enumerate(columns)])
    assert is_encoded(joined) and isinstance(joined, pa.DictionaryArray)
    assert decoded(joined).to_pylist() == [cell for cells in columns for cell in cells]
    assert len(set(joined.dictionary.to_pylist())) == len(joined.dictionary), "each text once"


@given(COLUMNS, st.integers(0, 6))
def test_cells_that_were_cut_off_leave_no_text(columns, start):
    cells = joined_encoded([texts(column) for column in columns]).slice(start)
    kept = without_unused(cells)
    assert decoded(kept).to_pylist() == decoded(cells).to_pylist()
    assert set(kept.dictionary.to_pylist()) == set(decoded(cells).to_pylist())
    plain = decoded(cells)
    np.testing.assert_array_equal(is_blank(kept), is_blank(plain))
    assert is_blank(plain).tolist() == [not text.strip() for text in plain.to_pylist()]
    assert without_unused(plain) is plain
