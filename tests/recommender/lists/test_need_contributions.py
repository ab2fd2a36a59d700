"""Contributions of needs to a gain, against a loop over goals."""

from __future__ import annotations

import numpy as np

from features.needs.needs import LEAST_SHORT
from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs


def test_the_main_need_is_a_need_with_the_largest_term_and_its_share_goes_with_it(
    ready: Recommender, pairs: ScoredPairs
) -> None:
    needs = ready.snapshot.needs
    some = pairs.take(np.arange(0, len(pairs), max(len(pairs) // 300, 1)))
    terms, leaves = ready.contributions.terms(some.unit, some.course), ready.contributions.leaves(some.course)
    main = ready.contributions.main_need(some.unit, some.course, some.personal)
    share = ready.contributions.remaining_share(some.unit, some.course, main)
    assert (main >= 0).any() and (main < 0).any()
    for row in range(len(some)):
        t = some.unit[row]
        allowed = needs.needed[t] if some.personal[row] else needs.applies[t] & (needs.gap_mean[t] >= LEAST_SHORT)
        served = terms[row] * allowed[leaves[row]]
        if main[row] < 0:
            assert not (served > 0).any() and share[row] == 1
            continue
        assert needs.gap_mean[t, main[row]] > 0
        assert served[leaves[row] == main[row]].max() == served.max()
        np.testing.assert_allclose(share[row], terms[row][leaves[row] != main[row]].sum() / terms[row].sum())


def test_a_reliable_need_among_the_goals(ready: Recommender) -> None:
    needs, goals = ready.snapshot.needs, ready.snapshot.goals
    teachers = np.arange(len(needs.teacher_ids))
    result = ready.contributions.serves_reliable_need(teachers)
    for teacher in teachers:
        reliable = needs.applies[teacher] & (needs.reliability[teacher] >= 0.3) & (needs.weight[teacher] > 0)
        reliable &= needs.measured[teacher]
        assert (result[teacher] == (reliable & (goals > 0)).any(axis=1)).all()


def test_relative_variance_is_finite_everywhere(ready: Recommender) -> None:
    variance = ready.contributions.relative_variance(np.arange(20))
    assert variance.shape == (20, len(ready.snapshot.course_ids))
    assert np.isfinite(variance).all() and (variance >= 0).all() and variance.max() > 0
