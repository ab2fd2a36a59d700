"""Columns and training lists of the next-course ranker."""

from __future__ import annotations

import numpy as np
import pytest

from features.builders.feature_set import default_features
from models.behaviour.enrolment_model import EnrolmentModel
from models.candidates.collaborative_candidates import PeerPopularity
from models.candidates.sequential_candidates import NextStep
from models.data.leave_last_out import leave_last_out
from models.data.relevance_labels import uptake_labels
from models.rankers.pair_table import PairTable, hidden_grid, training_lists


@pytest.fixture(scope="module")
def hidden_part(chains):
    before, hidden = leave_last_out(chains)
    labels = uptake_labels(before, hidden, np.ones(len(chains.teacher_ids), bool), 0, 1)
    return before, labels.take(labels.value > 0)


@pytest.fixture(scope="module")
def table(hidden_part):
    return PairTable(
        hidden_part[0], [PeerPopularity(), NextStep()], True, default_features(), EnrolmentModel()
    )


def test_columns_are_those_of_candidates_features_and_the_enrolment_model(table, hidden_part):
    before = hidden_part[0]
    block = table.candidates.block(np.array([3, 8]))
    row, course = np.nonzero(block.open_to)
    columns = table.columns(block, row, course)
    names = (*table.candidates.names, *default_features().names)
    assert columns.shape == (len(row), len(names) + 1) and columns.dtype == np.float32
    probability = EnrolmentModel().prepare(before)(np.array([3, 8])[row], course)
    np.testing.assert_allclose(columns[:, -1], probability, rtol=1e-6)


def test_every_list_has_a_hidden_course_and_only_open_ones(table, hidden_part):
    before, hidden = hidden_part
    teachers = np.unique(hidden.t_idx)
    lists = training_lists(table, hidden, teachers)
    assert lists.sizes.sum() == len(lists.label) == len(lists.columns)
    of_list = np.repeat(np.arange(len(lists.sizes)), lists.sizes)
    assert (np.bincount(of_list, lists.label) >= 1).all()
    open_to = before.eligibility.block(teachers)
    has_hidden = (hidden_grid(hidden, teachers, open_to.shape) * open_to).any(axis=1)
    assert lists.sizes.tolist() == open_to.sum(axis=1)[has_hidden].tolist()


def test_long_training_data_are_thinned_evenly(table, hidden_part, monkeypatch):
    hidden = hidden_part[1]
    teachers = np.unique(hidden.t_idx)
    whole = training_lists(table, hidden, teachers)
    monkeypatch.setattr("models.rankers.pair_table.MAX_ROWS", len(whole.label) // 3)
    thinned = training_lists(table, hidden, teachers)
    assert 0 < len(thinned.sizes) < len(whole.sizes) and len(thinned.label) <= len(whole.label) // 2
