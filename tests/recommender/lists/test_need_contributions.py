"""Contributions of needs to a gain, against a loop over goals."""

from __future__ import annotations

import numpy as np

from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs


def test_the_main_competency_has_the_largest_term_and_its_share_goes_with_it(
    ready: Recommender, pairs: ScoredPairs
) -> None:
    some = pairs.take(np.arange(0, len(pairs), max(len(pairs) // 200, 1)))
    terms, leaves = ready.contributions.terms(some.unit, some.course), ready.contributions.leaves(some.course)
    main = ready.contributions.main_competency(some.unit, some.course)
    share = ready.contributions.remaining_share(some.unit, some.course, main)
    assert (main >= 0).any()
    for row in range(len(some)):
        total = terms[row].sum()
        if main[row] < 0:
            assert not (terms[row] > 0).any() and share[row] == 1
            continue
        assert terms[row][leaves[row] == main[row]].max() == terms[row].max()
        np.testing.assert_allclose(share[row], terms[row][leaves[row] != main[row]].sum() / total)


def test_a_reliable_need_among_the_goals(ready: Recommender) -> None:
    needs, goals = ready.snapshot.needs, ready.snapshot.goals
    teachers = np.arange(20)
    result = ready.contributions.serves_reliable_need(teachers)
    for teacher in teachers:
        reliable = needs.applies[teacher] & (needs.reliability[teacher] >= 0.3) & (needs.weight[teacher] > 0)
        assert (result[teacher] == (reliable & (goals > 0)).any(axis=1)).all()


def test_relative_variance_is_finite_everywhere(ready: Recommender) -> None:
    variance = ready.contributions.relative_variance(np.arange(20))
    assert variance.shape == (20, len(ready.snapshot.course_ids))
    assert np.isfinite(variance).all() and (variance >= 0).all() and variance.max() > 0
