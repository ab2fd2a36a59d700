"""Every feature builder keeps one contract: nothing later, no order of rows, empty tables."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from features.builders.feature_set import FeatureSet, default_features
from features.snapshot import take_snapshot
from features.tables import Tables, typed_frame

AS_OF = date(2025, 8, 31)
BUILDERS = default_features().builders
INDEXED = ("teachers", "courses", "competencies")  # their order is the order of the arrays


def _values(builder, tables, planted):
    snapshot = take_snapshot(tables, planted(tables, AS_OF))
    if builder.kind != "pair":
        return builder(snapshot)
    t, c = np.meshgrid(np.arange(len(snapshot.teacher_ids)), np.arange(len(snapshot.course_ids)))
    return builder(snapshot, t.ravel(), c.ravel())


@pytest.fixture(scope="module")
def known(district):
    return district.until(AS_OF)


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: b.name)
class TestEveryBuilder:
    def test_gives_a_value_for_every_column_and_none_infinite(self, builder, known, planted):
        values = _values(builder, known, planted)
        assert values.shape[1] == len(builder.columns) and not np.isinf(values).any()
        spread = {c.name: np.nanstd(column) for c, column in zip(builder.columns, values.T, strict=True)}
        assert max(spread.values()) > 0

    def test_sees_nothing_later(self, builder, known, district, planted):
        later = district["enrolments"]["requested_on"] > pd.Timestamp(AS_OF)
        assert later.any()
        np.testing.assert_array_equal(_values(builder, known, planted), _values(builder, district, planted))

    def test_does_not_depend_on_the_order_of_rows(self, builder, known, planted):
        mixed = {
            name: frame if name in INDEXED else frame.sample(frac=1, random_state=1).reset_index(drop=True)
            for name, frame in known.frames.items()
        }
        expected, values = _values(builder, known, planted), _values(builder, Tables(mixed), planted)
        np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("names", [INDEXED, ("teachers", "competencies"), ("courses",), ()])
    def test_works_on_empty_tables(self, builder, known, planted, names):
        poor = Tables({name: known[name] for name in names})
        values = _values(builder, poor, planted)
        assert values.shape[1] == len(builder.columns) and not np.isinf(values).any()


def test_pairs_are_the_same_whatever_other_pairs_are_computed(known, planted):
    snapshot = take_snapshot(known, planted(known, AS_OF))
    prepared = default_features().prepare(snapshot)
    rng = np.random.default_rng(0)
    t = rng.integers(0, len(snapshot.teacher_ids), 500)
    c = rng.integers(0, len(snapshot.course_ids), 500)
    whole = prepared.pairs(t, c)
    assert whole.dtype == np.float32 and whole.shape == (500, len(default_features().names))
    np.testing.assert_array_equal(prepared.pairs(t[7:9], c[7:9]), whole[7:9])
    assert prepared.pairs(t[:0], c[:0]).shape == (0, whole.shape[1])


def test_names_are_unique_and_the_fingerprint_tells_sets_apart():
    whole, part = default_features(), FeatureSet(BUILDERS[:-1])
    assert len(set(whole.names)) == len(whole.names)
    assert whole.fingerprint() == default_features().fingerprint() != part.fingerprint()
    assert all(column.unit and column.zh and column.en for column in whole.columns)
    with pytest.raises(ValueError, match="one name"):
        FeatureSet([*BUILDERS, BUILDERS[0]])


class _Wrong:
    name = "wrong"
    kind: ClassVar = "course"
    columns = BUILDERS[0].columns[:1]

    def __init__(self, values):
        self._values = values

    def __call__(self, snapshot):
        return self._values


@pytest.mark.parametrize(
    ("values", "message"), [(np.zeros((1, 2)), "expected"), (np.full((1, 1), np.inf), "infinite")]
)
def test_a_builder_of_a_wrong_shape_is_refused(values, message, planted):
    tables = Tables({"courses": typed_frame("courses", pd.DataFrame({"course_id": ["K"]}))})
    with pytest.raises(ValueError, match=message):
        FeatureSet([_Wrong(values)]).prepare(take_snapshot(tables, planted(tables, AS_OF)))
