"""Columns of order: what follows the newest course; no dependence on numbering."""

from __future__ import annotations

import numpy as np

from models.candidates.candidate_generation import query_for
from models.candidates.sequence_features import SequenceFeatures
from models.data.enrolment_history import EnrolmentHistory, has_order, history_of

N, C = 120, 12


def test_columns_of_order_prefer_what_follows_the_newest_course(chains, unordered_chains):
    history = history_of(chains)
    features = SequenceFeatures(history)
    query = query_for(EnrolmentHistory(np.zeros(2, np.intp), np.array([2, 4]), 2, C), np.arange(2))
    row, course = np.repeat([0, 1], 2), np.tile([6, 3], 2)  # the next of the chain, one of the other chain
    column = dict(zip(features.names, features.columns(query, row, course).T, strict=True))
    for name in ("next_after_0", "soon_after_0", "lift_after_1", "pair_newest", "most_lift"):
        assert column[name][0] > column[name][1]
    assert np.isnan(column["next_after_0"][2:]).all()  # she has no course
    assert np.isnan(column["pair_third"]).all() and not np.isnan(column["pair_newest"][:2]).any()
    empty = SequenceFeatures(EnrolmentHistory(np.zeros(0, np.intp), np.zeros(0, np.intp), 2, C))
    assert not np.isinf(empty.columns(query, row, course)).any()
    assert has_order(chains) and not has_order(unordered_chains)


def test_columns_of_order_do_not_depend_on_numbering(chains):
    history = history_of(chains)
    new = np.random.default_rng(0).permutation(C)
    other = EnrolmentHistory(history.t, new[history.c], N, C)
    row, course = np.repeat(np.arange(20), C), np.tile(np.arange(C), 20)
    teachers = np.arange(20)
    one = SequenceFeatures(history).columns(query_for(history, teachers), row, course)
    two = SequenceFeatures(other).columns(query_for(other, teachers), row, new[course])
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
