"""What somebody learns about one person's gain who may ask for any number of plans and reads all numbers of each.

The same attacks run against the gains as estimated, without lots and without steps: there they succeed, so that a
failure means that the defence works and not that the attack is weak.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from recommender.planning.problem.district import District
from recommender.planning.problem.near_ties import drawn as with_lots

KEY = b"the adversary does not know this"
COURSE = "C0"


def gains(district: District) -> np.ndarray:
    """(N,) the estimated gains of the first course."""
    return district.pairs.gain[district.pairs.course == 0].astype(float)


def explained(truth: list[float], guess: list[float]) -> float:
    """R squared of a straight line."""
    return 0.0 if np.std(guess) == 0 else float(np.corrcoef(truth, guess)[0, 1] ** 2)


def differences(asker: Any, seed: int, contexts: int) -> tuple[list[float], list[float]]:
    """Gains of 8 targets, each guessed from plans with and without her pinned beside others, averaged over contexts."""
    rng = np.random.default_rng(seed)
    everybody = asker.district.teacher_ids.tolist()
    own = gains(asker.district)
    targets = rng.choice(len(everybody), 8, replace=False)
    guesses = []
    for target in targets:
        others = [t for i, t in enumerate(everybody) if i != target]
        differences = []
        for _ in range(contexts):
            beside = rng.choice(others, int(rng.integers(12, 30)), replace=False).tolist()
            more, less = asker.pinned([*beside, everybody[target]]), asker.pinned(beside)
            differences.append(more["expected_gain"] - less["expected_gain"])
        guesses.append(float(np.mean(differences)))
    return own[targets].tolist(), guesses


@pytest.mark.slow
def test_one_more_pinned_teacher(attacker: Any, district: Any) -> None:
    """Recovers a gain to eight digits from exact numbers; of reported ones a difference is a step or nothing."""
    truth, guess = differences(attacker(district(1), exact=True), 1, 1)
    np.testing.assert_allclose(guess, truth, rtol=1e-5)
    result = [differences(attacker(district(seed)), seed, 1) for seed in range(3)]
    truth, guess = ([x for part in column for x in part] for column in zip(*result, strict=True))
    learned = explained(truth, guess)
    print(f"one pin, 24 people: R2 {learned:.2f}, equal answers {np.mean(np.array(guess) == 0):.0%}")
    assert learned < 0.3


@pytest.mark.slow
def test_the_same_difference_beside_many_others(attacker: Any, district: Any) -> None:
    """Averaging over contexts wears rounding down, never further than what the lots left."""
    truth, guess = differences(attacker(district(4)), 4, 12)
    learned = explained(truth, guess)
    print(f"one pin in 12 contexts, 8 people: R2 {learned:.2f}")
    assert learned < 0.9 and min(abs(g - t) / t for t, g in zip(truth, guess, strict=True)) > 1e-4


def test_however_many_plans_are_asked_for(district: Any) -> None:
    """The bound: whatever is asked, every answer is computed from the gains after the lots. They are given away here."""
    r2, close, order = [], [], []
    for seed in range(200):
        before = district(seed)
        own, left = gains(before), gains(with_lots(before, KEY))
        r2.append(explained(own.tolist(), left.tolist()))
        close.append(np.mean(np.abs(left - own) < 0.1 * own))
        order.append(spearmanr(own, left)[0])
    print(f"any number of plans, 200 districts: R2 {np.mean(r2):.2f}, rank correlation {np.mean(order):.2f}, "
          f"known within a tenth {np.mean(close):.0%}")  # fmt: skip
    assert np.mean(r2) < 0.85 and np.mean(order) < 0.9 and np.mean(close) < 0.25


@pytest.mark.slow
def test_one_more_seat_at_a_time(attacker: Any, district: Any) -> None:
    """Nine candidates from nine schools, seats bought one by one: whose school gets the next one is the order by gain."""
    correlations: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(6):
        made = district(seed)
        rng = np.random.default_rng(seed)
        first = [int(np.flatnonzero(made.school == s)[0]) for s in range(9)]
        nine = {made.teacher_ids[i] for i in first}
        forbid = [[t, COURSE] for t in made.teacher_ids.tolist() if t not in nine]
        forbid += [c for c in made.course_ids.tolist() if c != COURSE]
        for exact in (True, False):
            asker = attacker(made, exact)
            fixed = float(made.number("fixed_cost")[0])
            place: dict[str, int] = {}
            for seats in range(1, 10):
                answer = asker.ask(fixed + 100.0 * seats, int(rng.integers(99)), forbid=forbid, uncertainty_discount=0.0)
                for row in answer["seats"]:
                    place.setdefault(row["school_id"], seats)
            order = [place.get(str(made.school_ids[made.school[i]]), 10) for i in first]
            correlations[exact].append(-spearmanr(gains(made)[first], order)[0])
    print(f"seats one by one, rank correlation: exact {np.mean(correlations[True]):.2f}, "
          f"reported {np.mean(correlations[False]):.2f}")  # fmt: skip
    assert np.mean(correlations[True]) > 0.99
    assert np.mean(correlations[False]) < 0.9


def test_neighbours_by_gain_change_places(district: Any) -> None:
    """Among ten who are next to each other by gain the order that plans show says next to nothing."""
    result = []
    for seed in range(100):
        made = district(seed)
        own, left = gains(made), gains(with_lots(made, KEY))
        ten = np.argsort(-own)[20:30]
        result.append(spearmanr(own[ten], left[ten])[0])
    print(f"ten neighbours, rank correlation {np.mean(result):.2f}")
    assert np.mean(result) < 0.35


def test_seeds_forbids_and_floors_draw_no_other_lots(attacker: Any, district: Any) -> None:
    """Who is preferred does not change with the seed, so that asking with many seeds averages nothing out."""
    asker = attacker(district(3))
    schools = [
        {(row["school_id"], row["seats"]) for row in asker.ask(3000.0, seed, max_courses_per_teacher=1)["seats"]}
        for seed in range(4)
    ]
    assert all(one == schools[0] for one in schools)


@pytest.mark.slow
def test_an_organization_with_one_teacher_less(attacker: Any, district: Any, one_less: Any) -> None:
    """Two nested scopes, everybody in the course in both."""
    truth, guess, exact = [], [], []
    for seed in range(8):
        made = district(seed)
        for target in (0, 17, 59):
            smaller = one_less(made, target)
            answers = [attacker(d).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, smaller)]
            raw = [attacker(d, True).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, smaller)]
            truth.append(float(gains(made)[target]))
            guess.append(answers[0] - answers[1])
            exact.append(raw[0] - raw[1])
    np.testing.assert_allclose(exact, truth, rtol=1e-4)
    learned = explained(truth, guess)
    print(f"nested scopes: R2 {learned:.2f}")
    assert learned < 0.4


def test_one_more_record_of_her(attacker: Any, district: Any) -> None:
    """The same question before and after evidence has changed one gain: the change is not read off."""
    truth, guess = [], []
    for seed in range(24):
        made = district(seed)
        rng = np.random.default_rng(seed)
        gain = made.pairs.gain.copy()
        place = int(rng.choice(np.flatnonzero(made.pairs.course == 0)))
        gain[place] *= np.float32(rng.uniform(0.2, 2.0))
        later = replace(made, pairs=replace(made.pairs, gain=gain))
        answers = [attacker(d).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, later)]
        truth.append(float(gain[place] - made.pairs.gain[place]))
        guess.append(answers[1] - answers[0])
    learned = explained(truth, guess)
    print(f"before and after one record: R2 {learned:.2f}")
    assert learned < 0.4


def test_below_ten_people_gain_and_needs_are_not_reported(attacker: Any, district: Any) -> None:
    """Whatever is asked, a plan for nine people has counts and costs alone."""
    asker = attacker(district(5))
    nine = asker.pinned(asker.district.teacher_ids.tolist()[:9])
    names = (
        "objective", "bound", "expected_gain", "expected_gain_sd", "expected_gain_low", "expected_gain_high",
        "flattery_at_most", "needs_covered", "needs_met", "needs_met_low", "needs_met_high", "gap_closed_share", "margin",
    )  # fmt: skip
    assert nine["teachers"] == 9 and {name: nine[name] for name in names} == dict.fromkeys(names)
    assert not any(nine[name] for name in ("prices", "frontier", "equity"))
    assert all(row["expected_gain"] is None for row in nine["lines"])
    nobody = asker.pinned([])
    assert nine["brief"] == nobody["brief"]
