"""Histories in order of date."""

from __future__ import annotations

import numpy as np

from models.data.enrolment_history import EnrolmentHistory, history_of

C = 12


def test_history_is_in_order_and_its_last_part_never_a_teachers_only_course(chains):
    history = history_of(chains)
    assert (np.diff(history.t) >= 0).all() and history.length.sum() == len(history.t)
    own = history.c[history.first[0] : history.first[1]]
    assert (np.diff(own) == 2).all()  # the chain, in its order
    hidden = history.last_part(0.2)
    assert (history.age[hidden] == 0).all() and hidden.sum() == (history.length > 1).sum()
    single = EnrolmentHistory(np.array([0]), np.array([1]), 1, 2)
    assert not single.last_part(0.9).any()


def test_what_has_no_order_is_put_into_one_that_ids_do_not_decide(unordered_chains):
    history = history_of(unordered_chains)
    first = history.c[history.first[:-1]]
    assert len(set(first)) > C // 2 and abs(np.corrcoef(history.c, history.place)[0, 1]) < 0.2
