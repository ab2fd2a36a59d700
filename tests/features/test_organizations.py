"""Chains and distances in a hierarchy, unregistered organizations and cycles included."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.organizations import Organizations

TABLE = pd.DataFrame({"org_id": ["C", "D1", "D2", "S1"], "parent_id": [None, "C", "C", "D1"]})


def test_distance_counts_steps_up_and_is_minus_one_for_others():
    orgs = Organizations(TABLE)
    s1, d1, d2, c = orgs.places(pd.Series(["S1", "D1", "D2", "C"]))
    assert orgs.distance(s1, np.array([s1, d1, c, d2])).tolist() == [0, 1, 2, -1]
    assert orgs.distance(c, s1) == -1  # below is not above


def test_chains_end_after_the_root():
    orgs = Organizations(TABLE)
    s1, d1, c = orgs.places(pd.Series(["S1", "D1", "C"]))
    assert orgs.chains[s1].tolist() == [s1, d1, c] and orgs.chains[c].tolist() == [c, -1, -1]


def test_an_unregistered_organization_is_its_own_root_and_an_empty_cell_has_no_place():
    orgs = Organizations(TABLE, pd.Series(["S1", "S9", None]))
    places = orgs.places(pd.Series(["S9", None]))
    assert places[0] >= 0 and places[1] == -1
    assert orgs.distance(places[0], places[0]) == 0
    assert (orgs.distance(np.array([places[1]]), np.arange(len(orgs.ids))) == -1).all()


def test_a_cycle_ends():
    orgs = Organizations(pd.DataFrame({"org_id": ["A", "B"], "parent_id": ["B", "A"]}))
    assert orgs.chains.shape == (2, 2)
    assert orgs.distance(np.array([0, 1]), np.array([1, 0])).tolist() == [1, 1]


def test_nothing_registered_is_no_error():
    orgs = Organizations(TABLE.iloc[:0], pd.Series([], dtype=object))
    assert orgs.chains.shape[0] == 0
