"""What somebody learns about one person's gain who may ask for any number of plans and reads all numbers of each.

The same attacks run against the gains as estimated, without lots and without steps: there they succeed, so that a
failure means that the defence works and not that the attack is weak.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.plan_report import report_of
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.near_ties import drawn as with_lots
from recommender.plans.plan_record import WITH_NAMES
from recommender.plans.plan_tables import record_of

KEY = b"the adversary does not know this"
COURSE = "C0"


@dataclass
class Attacker:
    """Asks about a district and reads what the interface answers: no names. exact: no lots and no steps."""

    drawn: Any
    district: District
    exact: bool = False
    questions: int = 0

    def ask(self, yuan: float = 1e6, seed: int = 0, **limits: Any) -> dict[str, Any]:
        self.questions += 1
        district = self.district if self.exact else with_lots(self.district, KEY)
        solved = self.drawn.solve(district, Limits.of(limits), yuan, seed)
        report = report_of(solved, "P", "tables", 0, stopped=lambda: True)
        record = record_of(report)
        answer = record.summary.content() | record.tables.model_dump(exclude=set(WITH_NAMES))
        if self.exact and solved.plan is not None:
            metrics = plan_metrics(district, solved.problem, solved.plan.chosen, solved.plan.opened)
            answer |= {"expected_gain": metrics.gain, "needs_covered": metrics.needs}
        return answer

    def pinned(self, teachers: list[str], **limits: Any) -> dict[str, Any]:
        """A plan of these seats of one course and no others."""
        others = [c for c in self.district.course_ids.tolist() if c != COURSE]
        cost = float(self.district.number("fixed_cost")[0] + self.district.number("seat_cost")[0] * len(teachers))
        return self.ask(cost, pin=[[t, COURSE] for t in teachers], forbid=others, **limits)


@pytest.fixture(scope="module")
def district(drawn: Any) -> Any:
    """district(seed): `size` teachers, all eligible for the first course, which has seats for everybody."""

    def make(seed: int, size: int = 60) -> District:
        made = drawn.district(seed, size, 4, open_share=1.0)
        table = made.snapshot.tables["courses"]
        table["max_seats"], table["min_seats"], table["seat_cost"] = size, 0, 100.0
        return replace(made, refused=np.zeros(len(made.pairs), bool))

    return make


def gains(district: District) -> np.ndarray:
    """(N,) the estimated gains of the first course."""
    return district.pairs.gain[district.pairs.course == 0].astype(float)


def explained(truth: list[float], guess: list[float]) -> float:
    """R squared of a straight line."""
    return 0.0 if np.std(guess) == 0 else float(np.corrcoef(truth, guess)[0, 1] ** 2)


def differences(attacker: Attacker, seed: int, contexts: int) -> tuple[list[float], list[float]]:
    """Gains of 8 targets, each guessed from plans with and without her pinned beside others, averaged over contexts."""
    rng = np.random.default_rng(seed)
    everybody = attacker.district.teacher_ids.tolist()
    own = gains(attacker.district)
    targets = rng.choice(len(everybody), 8, replace=False)
    guesses = []
    for target in targets:
        others = [t for i, t in enumerate(everybody) if i != target]
        differences = []
        for _ in range(contexts):
            beside = rng.choice(others, int(rng.integers(12, 30)), replace=False).tolist()
            more, less = attacker.pinned([*beside, everybody[target]]), attacker.pinned(beside)
            differences.append(more["expected_gain"] - less["expected_gain"])
        guesses.append(float(np.mean(differences)))
    return own[targets].tolist(), guesses


def test_one_more_pinned_teacher(drawn: Any, district: Any) -> None:
    """Recovers a gain to eight digits from exact numbers; of reported ones a difference is a step or nothing."""
    truth, guess = differences(Attacker(drawn, district(1), exact=True), 1, 1)
    np.testing.assert_allclose(guess, truth, rtol=1e-5)
    result = [differences(Attacker(drawn, district(seed)), seed, 1) for seed in range(3)]
    truth, guess = ([x for part in column for x in part] for column in zip(*result, strict=True))
    learned = explained(truth, guess)
    print(f"one pin, 24 people: R2 {learned:.2f}, equal answers {np.mean(np.array(guess) == 0):.0%}")
    assert learned < 0.3


def test_the_same_difference_beside_many_others(drawn: Any, district: Any) -> None:
    """Averaging over contexts wears rounding down, never further than what the lots left."""
    truth, guess = differences(Attacker(drawn, district(4)), 4, 12)
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


def test_one_more_seat_at_a_time(drawn: Any, district: Any) -> None:
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
            attacker = Attacker(drawn, made, exact)
            fixed = float(made.number("fixed_cost")[0])
            place: dict[str, int] = {}
            for seats in range(1, 10):
                answer = attacker.ask(fixed + 100.0 * seats, int(rng.integers(99)), forbid=forbid, uncertainty_discount=0.0)
                for row in answer["seats"]:
                    place.setdefault(row["school_id"], seats)
            order = [place.get(str(made.school_ids[made.school[i]]), 10) for i in first]
            correlations[exact].append(-spearmanr(gains(made)[first], order)[0])
    print(f"seats one by one, rank correlation: exact {np.mean(correlations[True]):.2f}, "
          f"reported {np.mean(correlations[False]):.2f}")  # fmt: skip
    assert np.mean(correlations[True]) > 0.99
    assert np.mean(correlations[False]) < 0.9


def test_neighbours_by_gain_change_places(drawn: Any, district: Any) -> None:
    """Among ten who are next to each other by gain the order that plans show says next to nothing."""
    result = []
    for seed in range(100):
        made = district(seed)
        own, left = gains(made), gains(with_lots(made, KEY))
        ten = np.argsort(-own)[20:30]
        result.append(spearmanr(own[ten], left[ten])[0])
    print(f"ten neighbours, rank correlation {np.mean(result):.2f}")
    assert np.mean(result) < 0.35


def test_seeds_forbids_and_floors_draw_no_other_lots(drawn: Any, district: Any) -> None:
    """Who is preferred does not change with the seed, so that asking with many seeds averages nothing out."""
    attacker = Attacker(drawn, district(3))
    schools = [
        {(row["school_id"], row["seats"]) for row in attacker.ask(3000.0, seed, max_courses_per_teacher=1)["seats"]}
        for seed in range(4)
    ]
    assert all(one == schools[0] for one in schools)


def test_an_organization_with_one_teacher_less(drawn: Any, district: Any) -> None:
    """Two nested scopes, everybody in the course in both."""
    truth, guess, exact = [], [], []
    for seed in range(8):
        made = district(seed)
        for target in (0, 17, 59):
            smaller = without(made, target)
            answers = [Attacker(drawn, d).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, smaller)]
            raw = [Attacker(drawn, d, True).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, smaller)]
            truth.append(float(gains(made)[target]))
            guess.append(answers[0] - answers[1])
            exact.append(raw[0] - raw[1])
    np.testing.assert_allclose(exact, truth, rtol=1e-4)
    learned = explained(truth, guess)
    print(f"nested scopes: R2 {learned:.2f}")
    assert learned < 0.4


def test_one_more_record_of_her(drawn: Any, district: Any) -> None:
    """The same question before and after evidence has changed one gain: the change is not read off."""
    truth, guess = [], []
    for seed in range(24):
        made = district(seed)
        rng = np.random.default_rng(seed)
        gain = made.pairs.gain.copy()
        place = int(rng.choice(np.flatnonzero(made.pairs.course == 0)))
        gain[place] *= np.float32(rng.uniform(0.2, 2.0))
        later = replace(made, pairs=replace(made.pairs, gain=gain))
        answers = [Attacker(drawn, d).pinned(d.teacher_ids.tolist())["expected_gain"] for d in (made, later)]
        truth.append(float(gain[place] - made.pairs.gain[place]))
        guess.append(answers[1] - answers[0])
    learned = explained(truth, guess)
    print(f"before and after one record: R2 {learned:.2f}")
    assert learned < 0.4


def test_below_ten_people_gain_and_needs_are_not_reported(drawn: Any, district: Any) -> None:
    """Whatever is asked, a plan for nine people has counts and costs alone."""
    attacker = Attacker(drawn, district(5))
    nine = attacker.pinned(attacker.district.teacher_ids.tolist()[:9])
    names = (
        "objective", "bound", "expected_gain", "expected_gain_sd", "expected_gain_low", "expected_gain_high",
        "flattery_at_most", "needs_covered", "needs_met", "needs_met_low", "needs_met_high", "gap_closed_share", "margin",
    )  # fmt: skip
    assert nine["teachers"] == 9 and {name: nine[name] for name in names} == dict.fromkeys(names)
    assert not any(nine[name] for name in ("prices", "frontier", "equity"))
    assert all(row["expected_gain"] is None for row in nine["lines"])
    nobody = attacker.pinned([])
    assert nine["brief"] == nobody["brief"]


def without(district: District, target: int) -> District:
    """The district of all people but one."""
    keep = np.arange(len(district.people)) != target
    pairs = district.pairs.take(district.pairs.teacher != target)
    moved = np.cumsum(keep) - 1
    leaves = pairs.cells // pairs.teachers
    teacher = moved[pairs.teacher].astype(np.int32)
    cell = (teacher[:, None] * leaves + pairs.cell % leaves).astype(np.int32)
    register: pd.DataFrame = district.snapshot.tables["teachers"][keep].reset_index(drop=True)
    tables = dict(district.snapshot.tables) | {"teachers": register}
    snapshot = type(district.snapshot)(**vars(district.snapshot) | {"tables": tables})
    size = int(keep.sum())
    return replace(
        district, snapshot=snapshot, people=np.arange(size), teacher_ids=district.teacher_ids[keep],
        school=district.school[keep], disadvantage=district.disadvantage[keep],
        pairs=replace(pairs, teachers=size, teacher=teacher, cell=cell, cells=size * leaves),
        refused=district.refused[district.pairs.teacher != target], hours=district.hours.take(keep),
    )  # fmt: skip
