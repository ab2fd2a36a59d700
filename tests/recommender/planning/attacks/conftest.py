"""Somebody with the rights of a district who asks about drawn districts and reads all that the interface answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.needs.gap import expected_gap, p_need
from recommender.planning.plan_metrics import plan_metrics
from recommender.planning.plan_report import report_of
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.near_ties import drawn as with_lots
from recommender.planning.unmet_needs import unmet_needs
from recommender.plans.plan_record import WITH_NAMES
from recommender.plans.plan_tables import record_of

KEY = b"the adversary does not know this"
COURSE = "C0"


@dataclass
class Attacker:
    """Asks about a district and reads what the interface answers: no names. exact: no lots and no steps. lots: whether
    they are still to be drawn."""

    drawn: Any
    district: District
    exact: bool = False
    lots: bool = True
    questions: int = 0

    def ask(self, yuan: float = 1e6, seed: int = 0, **limits: Any) -> dict[str, Any]:
        self.questions += 1
        district = self.district if self.exact or not self.lots else with_lots(self.district, KEY)
        solved = self.drawn.solve(district, Limits.of(limits), yuan, seed)
        report = report_of(solved, "P", "tables", 0, stopped=lambda: True)
        record = record_of(report)
        answer = record.summary.content() | record.tables.model_dump(exclude=set(WITH_NAMES))
        if self.exact and solved.plan is not None:
            metrics = plan_metrics(district, solved.problem, solved.plan.chosen, solved.plan.opened)
            answer |= {
                "expected_gain": metrics.gain, "needs_covered": metrics.needs, "needs_met": metrics.needs_met,
                "gap_closed_share": metrics.closed_share,
                "brief": [vars(need) for need in unmet_needs(district, solved.plan.chosen)],
            }  # fmt: skip
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


@pytest.fixture(scope="module")
def needy(district: Any) -> Any:
    """needy(seed): the same with gaps that differ from person to person and from competency to competency."""

    def make(seed: int, size: int = 60) -> District:
        made = district(seed, size)
        rng = np.random.default_rng((seed, 2))
        shape = made.snapshot.needs.applies.shape
        mean = 0.3 + 0.35 * rng.standard_normal((shape[0], 1)) + 0.35 * rng.standard_normal(shape)
        sd = np.full(shape, 0.4)
        needs = SimpleNamespace(**vars(made.snapshot.needs) | {
            "gap_mean": mean, "gap_sd": sd, "p_need": p_need(mean, sd), "expected_gap": expected_gap(mean, sd),
        })  # fmt: skip
        return replace(made, snapshot=SimpleNamespace(**vars(made.snapshot) | {"needs": needs}))

    return make


@pytest.fixture(scope="module")
def attacker(drawn: Any) -> Any:
    """attacker(district, exact=False, lots=True)"""
    return lambda district, exact=False, lots=True: Attacker(drawn, district, exact, lots)


@pytest.fixture(scope="session")
def one_less() -> Any:
    """one_less(district, row): the district of all people but one."""
    return without


def without(district: District, target: int) -> District:
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
