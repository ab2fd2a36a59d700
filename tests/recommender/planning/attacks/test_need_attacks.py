"""What somebody learns about one person's needs from the needs covered, the needs met, the gap closed and the brief.

As with gains, the attacks run against the estimates too, where they succeed.
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recommender.planning.problem.district import District
from recommender.planning.problem.near_ties import drawn as with_lots
from recommender.planning.problem.need_grid import NeedGrid

KEY = b"the adversary does not know this"
NUMBERS = ("needs_covered", "needs_met", "gap_closed_share")


def explained(truth: np.ndarray, guess: np.ndarray) -> float:
    """R squared of a straight line."""
    return 0.0 if np.std(guess) == 0 or np.std(truth) == 0 else float(np.corrcoef(truth, guess)[0, 1] ** 2)


def estimated(district: District) -> NeedGrid:
    """Without lots."""
    return NeedGrid.estimated(district.snapshot.needs, district.people)


def own_needs(district: District) -> np.ndarray:
    """(N,) expected needs met and (N,) needs covered by a seat of the first course, as estimated."""
    pairs, needs = district.pairs, estimated(district)
    rows = np.flatnonzero(pairs.course == 0)
    cells = pairs.cell[rows]
    closing = (pairs.share[rows] * pairs.gain[rows, None]).astype(float)
    met = needs.change(cells.ravel(), closing.ravel()).reshape(cells.shape).sum(axis=1)
    return np.array([(needs.weight[cells] * (pairs.share[rows] >= 0.15)).sum(axis=1), met])


def differences(asker: Any, seed: int, contexts: int, people: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """(2, people) needs covered and met of targets, and the same guessed from plans with and without her pinned beside
    others, averaged over contexts."""
    rng = np.random.default_rng(seed)
    everybody = asker.district.teacher_ids.tolist()
    targets = rng.choice(len(everybody), people, replace=False)
    guesses = np.zeros((2, people))
    for place, target in enumerate(targets):
        others = [t for i, t in enumerate(everybody) if i != target]
        for _ in range(contexts):
            beside = rng.choice(others, int(rng.integers(12, 30)), replace=False).tolist()
            more, less = asker.pinned([*beside, everybody[target]]), asker.pinned(beside)
            guesses[:, place] += [more[name] - less[name] for name in NUMBERS[:2]]
    return own_needs(asker.district)[:, targets], guesses / contexts


def test_needs_of_one_more_pinned_teacher(attacker: Any, needy: Any) -> None:
    """Read off exact numbers; of reported ones a difference is a step or nothing."""
    truth, guess = differences(attacker(needy(1), exact=True), 1, 1)
    np.testing.assert_allclose(guess, truth, rtol=1e-5, atol=1e-9)
    parts = [differences(attacker(needy(seed)), seed, 1) for seed in range(3)]
    truth, guess = (np.concatenate(column, axis=1) for column in zip(*parts, strict=True))
    learned = [explained(*pair) for pair in zip(truth, guess, strict=True)]
    print(f"one pin, 24 people: R2 of needs covered {learned[0]:.2f}, met {learned[1]:.2f}")
    assert max(learned) < 0.3


def test_the_same_difference_of_needs_beside_many_others(attacker: Any, needy: Any) -> None:
    """Averages over contexts, which move a total across the edges of steps, come to what the lots left and no further."""
    truth, guess = differences(attacker(needy(4)), 4, 6)
    learned = [explained(*pair) for pair in zip(truth, guess, strict=True)]
    print(f"one pin in 6 contexts, 8 people: R2 of needs covered {learned[0]:.2f}, met {learned[1]:.2f}")
    assert max(learned) < 0.7


def test_whatever_is_asked_about_needs(needy: Any) -> None:
    """The bound: every number is computed from the needs after the lots. They are given away here, whole."""
    r2, met, sure, some, none = [], [], [], [], []
    for seed in range(200):
        before = needy(seed)
        after = with_lots(before, KEY)
        own, left = estimated(before).weight, after.needs.weight
        r2.append(explained(own, left))
        met.append(explained(own_needs(before)[1], own_needs(replace(before, pairs=after.pairs))[1]))
        likeliest = np.maximum(left, 1 - left) > 0.999
        sure.append(likeliest.mean())
        some.extend(own[likeliest & (left > 0.5)])
        none.extend(1 - own[likeliest & (left < 0.5)])
    print(f"any number of plans, 200 districts: R2 of a need {np.mean(r2):.2f}; of {np.mean(sure):.0%} the whole group has it "
          f"or has it not, which is so for {np.mean(some):.0%} and {np.mean(none):.0%} of the people in it")  # fmt: skip
    assert np.mean(r2) < 0.55 and max(np.mean(some), np.mean(none)) < 0.95


def test_all_numbers_of_plans_follow_from_the_needs_after_the_lots(attacker: Any, needy: Any) -> None:
    """With other needs behind the same averages nothing changes, whatever is asked: pins, forbids, budgets, seats, floors."""
    district = with_lots(needy(6), KEY)
    shuffled = np.random.default_rng(0).permutation(len(district.people))
    needs = SimpleNamespace(**vars(district.snapshot.needs) | {
        name: getattr(district.snapshot.needs, name)[shuffled] for name in ("gap_mean", "gap_sd", "p_need", "expected_gap")
    })  # fmt: skip
    other = replace(district, snapshot=SimpleNamespace(**vars(district.snapshot) | {"needs": needs}))
    assert not np.array_equal(estimated(district).weight, estimated(other).weight)
    everybody = district.teacher_ids.tolist()
    for yuan, limits in (
        (4000.0, {}), (9000.0, {"max_courses_per_teacher": 2}), (4000.0, {"forbid": ["C1", [everybody[3], "C0"]]}),
        (6000.0, {"pin": [[everybody[7], "C0"]], "floor_share_per_school": 0.25, "lottery_share": 0.3}),
    ):  # fmt: skip
        one, two = (asked(attacker, d, yuan, limits) for d in (district, other))
        assert one == two and one["needs_covered"]


def asked(attacker: Any, district: District, yuan: float, limits: dict[str, Any]) -> dict[str, Any]:
    """Of a district whose lots are drawn."""
    return {k: v for k, v in attacker(district, lots=False).ask(yuan, **limits).items() if k != "seconds"}


def test_the_brief_does_not_say_who_has_a_need(attacker: Any, needy: Any) -> None:
    """Every second teacher finds no course; `uncovered` with and without a target pinned."""
    made = needy(7, 120)
    even = made.pairs.teacher % 2 == 0
    district = replace(made, pairs=made.pairs.take(even), refused=made.refused[even])
    rows = np.arange(0, 120, 2)
    everybody = district.teacher_ids[rows].tolist()
    beside, targets = everybody[:20], everybody[20:44]
    changes = {}
    for exact in (True, False):
        asker = attacker(district, exact=exact)
        less = uncovered(asker.pinned(beside))
        changes[exact] = np.array([less - uncovered(asker.pinned([*beside, target])) for target in targets])
    truth = own_needs(district)[0][20:44]
    learned = explained(truth, changes[False])
    print(f"brief, one pin, 24 people: R2 {learned:.2f}")
    assert explained(truth, changes[True]) == pytest.approx(1.0) and learned < 0.3


def uncovered(answer: dict[str, Any]) -> float:
    """Over the rows of the brief."""
    assert answer["brief"]
    return sum(row["uncovered"] for row in answer["brief"])


@pytest.mark.parametrize("people", [1, 9])
def test_courses_and_stages_of_few_people_get_the_average_of_many(needy: Any, people: int) -> None:
    """Nobody's own gain or need is planned with because few others may take her course."""
    made = needy(8)
    few = (made.pairs.course != 3) | (made.pairs.teacher < people)
    register = made.snapshot.tables["teachers"].assign(stage=["senior"] * people + ["primary"] * (60 - people))
    snapshot = SimpleNamespace(**vars(made.snapshot) | {"tables": made.snapshot.tables | {"teachers": register}})
    district = replace(made, snapshot=snapshot, pairs=made.pairs.take(few), refused=made.refused[few])
    after = with_lots(district, KEY)
    of_course = after.pairs.gain[after.pairs.course == 3]
    np.testing.assert_allclose(of_course, district.pairs.gain.mean(), rtol=1e-3)
    weight = after.needs.weight.reshape(60, -1)[:people]
    np.testing.assert_allclose(weight, estimated(district).weight.mean())
