"""Every builder keeps the contract: nothing later, no order of rows, no fear of empty tables."""

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


def _found(builder, tables, planted):
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
    def test_gives_as_many_numbers_as_it_names_and_no_infinite_one(self, builder, known, planted):
        found = _found(builder, known, planted)
        assert found.shape[1] == len(builder.columns) and not np.isinf(found).any()
        said = {c.name: np.nanstd(column) for c, column in zip(builder.columns, found.T, strict=True)}
        assert max(said.values()) > 0  # it says something

    def test_sees_nothing_later(self, builder, known, district, planted):
        later = district["enrolments"]["requested_on"] > pd.Timestamp(AS_OF)
        assert later.any()
        np.testing.assert_array_equal(_found(builder, known, planted), _found(builder, district, planted))

    def test_does_not_mind_the_order_of_rows(self, builder, known, planted):
        mixed = {
            name: frame if name in INDEXED else frame.sample(frac=1, random_state=1).reset_index(drop=True)
            for name, frame in known.frames.items()
        }
        ours, theirs = _found(builder, known, planted), _found(builder, Tables(mixed), planted)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("kept", [INDEXED, ("teachers", "competencies"), ("courses",), ()])
    def test_works_on_empty_tables(self, builder, known, planted, kept):
        poor = Tables({name: known[name] for name in kept})
        found = _found(builder, poor, planted)
        assert found.shape[1] == len(builder.columns) and not np.isinf(found).any()


def test_pairs_are_the_same_whatever_stands_beside_them(known, planted):
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

    def __init__(self, found):
        self._found = found

    def __call__(self, snapshot):
        return self._found


@pytest.mark.parametrize(
    ("found", "said"), [(np.zeros((1, 2)), "expected"), (np.full((1, 1), np.inf), "infinite")]
)
def test_a_builder_of_a_wrong_shape_is_refused(found, said, planted):
    tables = Tables({"courses": typed_frame("courses", pd.DataFrame({"course_id": ["K"]}))})
    with pytest.raises(ValueError, match=said):
        FeatureSet([_Wrong(found)]).prepare(take_snapshot(tables, planted(tables, AS_OF)))


def test_what_a_match_says(known, planted):
    snapshot = take_snapshot(known, planted(known, AS_OF))
    t, c = np.nonzero(snapshot.eligibility.block(np.arange(len(snapshot.teacher_ids))))
    prepared = default_features().prepare(snapshot).pairs(t, c)
    said = pd.DataFrame(prepared, columns=default_features().names)
    gap = (snapshot.goals[c] * snapshot.needs.expected_gap[t]).sum(axis=1)
    np.testing.assert_allclose(said["expected_gap_mean_by_goals"], gap, rtol=1e-5)
    overlap = np.minimum(snapshot.goals[c], snapshot.recent_doses[t]).sum(axis=1)
    np.testing.assert_allclose(said["overlap_by_goals_3y"], overlap, atol=1e-6)
    own = snapshot.tables["courses"]["owner_level"].to_numpy(dtype=object)[c] == "school"
    assert (said["owner_steps_by_pair"][own] == 0).all() and said["peers_share_by_school_365d"].max() <= 1


@pytest.mark.parametrize("place", ["teacher_history", "course_history"])
def test_a_withdrawal_nobody_could_know_yet_says_nothing(known, planted, place):
    """It has no date of its own, so `until` cannot take it back: of recent requests no ending counts."""
    builder = next(b for b in BUILDERS if b.name == place)
    taken = known["enrolments"]
    recent = taken["requested_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=100)
    assert recent.any()
    turned = taken.assign(status=taken["status"].mask(recent, "withdrawn"))
    other = Tables({**known.frames, "enrolments": turned})
    column = [c.name.startswith("completion_share") for c in builder.columns].index(True)
    ours, theirs = _found(builder, known, planted), _found(builder, other, planted)
    np.testing.assert_array_equal(ours[:, column], theirs[:, column])
    assert np.nanstd(ours[:, column]) > 0
