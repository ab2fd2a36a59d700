"""Small districts drawn at random, as the planner gets them; people in them have no tables of evidence."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.planning.infeasibility import Conflict, PlanRequirements, explain
from recommender.planning.lottery import draw_lottery
from recommender.planning.problem.candidate_pairs import CandidatePairs
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.problem.owed_by_category import OwedByCategory
from recommender.planning.remedies import Remedy, remedies
from recommender.planning.solved_plan import SolvedPlan
from recommender.planning.solver.primal_heuristic import Plan
from recommender.planning.solver.solve import Solution, solve

LEAVES = 3


def draw_district(seed: int, teachers: int, courses: int, open_share: float = 0.6) -> District:
    """Whole yuan, quarter days, and gains that differ; every pair is open with probability `open_share`."""
    rng = np.random.default_rng(seed)
    days = np.random.default_rng((seed, 2))
    schools = max(1, teachers // 4)
    ids = np.array([f"T{i}" for i in range(teachers)], dtype=object)
    course_ids = np.array([f"C{i}" for i in range(courses)], dtype=object)
    school_ids = np.array([f"S{i}" for i in range(schools)], dtype=object)
    school = np.arange(teachers) % schools
    lack = np.round(rng.random(schools), 2)
    table = pd.DataFrame({
        "course_id": course_ids, "title": [f"课 {i}" for i in range(courses)], "form": "workshop",
        "hours": rng.integers(1, 9, courses) * 2.0, "category": rng.choice(["public", "professional"], courses),
        "fixed_cost": rng.integers(0, 6, courses) * 100.0, "seat_cost": rng.integers(0, 8, courses) * 50.0,
        "min_seats": rng.integers(0, 3, courses), "max_seats": rng.integers(1, 6, courses),
        "release_days": rng.integers(0, 5, courses) * 0.25,
        "start_date": pd.to_datetime(days.choice(["2026-07-20", "2026-10-20", "NaT"], courses, p=[0.4, 0.4, 0.2])),
        "end_date": pd.to_datetime("2027-01-10"),
    })  # fmt: skip
    table["end_date"] = table["end_date"].where(days.random(courses) < 0.2)
    register = pd.DataFrame({
        "teacher_id": ids, "school_id": school_ids[school], "stage": rng.choice(["primary", "junior"], teachers),
        "subject": rng.choice(["数学", "语文;英语"], teachers), "ladder_step": rng.choice(["T1", "T2"], teachers),
    })  # fmt: skip
    orgs = pd.DataFrame({
        "org_id": school_ids, "name": school_ids, "location": rng.choice(["urban", "rural"], schools),
        "disadvantage": lack,
    })  # fmt: skip
    t, c = np.nonzero(rng.random((teachers, courses)) < open_share)
    n = len(t)
    gain = rng.random(n) ** 2 * 0.2
    share = rng.random((n, 2)) + 1e-3
    share /= share.sum(axis=1, keepdims=True)
    leaf = np.argsort(rng.random((n, LEAVES)), axis=1)[:, :2]
    pairs = CandidatePairs(
        teachers, courses, t.astype(np.int32), c.astype(np.int32), gain.astype(np.float32),
        (gain * 1.2).astype(np.float32), (gain * 0.8).astype(np.float32), gain.astype(np.float32),
        (t[:, None] * LEAVES + leaf).astype(np.int32), share.astype(np.float32), teachers * LEAVES,
    )  # fmt: skip
    some = np.full((teachers, LEAVES), 0.6)
    needs = SimpleNamespace(
        applies=some > 0, p_need=some, reliability=some, expected_gap=some, gap_mean=some, gap_sd=some / 2, sd=some,
        competency_ids=tuple(f"K{i}" for i in range(LEAVES)),
    )  # fmt: skip
    names = pd.DataFrame({"competency_id": needs.competency_ids, "name_zh": "能力", "name_en": "ability"})
    snapshot: Any = SimpleNamespace(
        tables={"courses": table, "teachers": register, "organizations": orgs, "competencies": names},
        needs=needs, course_ids=course_ids, teacher_ids=ids, as_of=pd.Timestamp("2026-06-30").date(),
        goals=np.random.default_rng((seed, 3)).dirichlet(np.ones(LEAVES), courses),
    )  # fmt: skip
    owed = rng.integers(0, 12, (teachers, 4)).astype(float)
    ends = days.choice(np.array(["2026-08-31", "2026-12-31", "NaT"], "datetime64[D]"), (teachers, 4), p=[0.4, 0.4, 0.2])
    hours = OwedByCategory(np.where(np.isnat(ends), 0.0, owed), ends)
    return District(
        "D", "示例区", True, snapshot, "v", np.full(courses, 0.8), np.arange(teachers), ids, school_ids,
        school, lack[school], pairs, rng.random(n) < 0.05, hours,
    )  # fmt: skip


def draw_limits(seed: int, district: District) -> dict[str, Any]:
    """Some of all limits, each with a chance of about a third; wishes now and then contradict each other."""
    rng = np.random.default_rng((seed, 1))
    teachers, courses = district.teacher_ids.tolist(), district.course_ids.tolist()
    limits: dict[str, Any] = {}

    def perhaps(name: str, value: Any, chance: float = 0.35) -> None:
        if rng.random() < chance:
            limits[name] = value

    perhaps("max_courses_per_teacher", int(rng.integers(1, 4)), 0.7)
    perhaps("max_hours_per_teacher", float(rng.integers(4, 25)))
    perhaps("release_days_per_teacher", float(rng.integers(0, 5)) / 4)
    perhaps("floor_share_per_school", float(rng.integers(1, 3)) / 4, 0.25)
    perhaps("floor", [{"share": 0.5, "location": ["rural"]}], 0.15)
    perhaps("must_open", [str(rng.choice(courses))], 0.2)
    perhaps("forbid", [str(rng.choice(courses)), [str(rng.choice(teachers)), str(rng.choice(courses))]], 0.2)
    perhaps("disadvantage_weight", 0.5, 0.2)
    perhaps("repeat_worth", float(rng.choice([0.0, 0.5, 1.0])), 0.5)
    perhaps("owed_hours_worth", 0.002, 0.2)
    perhaps("uncertainty_discount", float(rng.choice([0.0, 0.3])), 0.3)
    if rng.random() < 0.25 and len(district.pairs):
        k = int(rng.integers(len(district.pairs)))
        limits["pin"] = [[teachers[district.pairs.teacher[k]], courses[district.pairs.course[k]]]]
    if rng.random() < 0.1 and len(district.pairs):
        k = int(rng.integers(len(district.pairs)))
        limits["list"] = [{
            "course": courses[district.pairs.course[k]], "teachers": [teachers[district.pairs.teacher[k]]],
            "only": bool(rng.random() < 0.5),
        }]  # fmt: skip
    return limits


def permute(district: District, seed: int) -> District:
    """The same district with the rows of all its tables in another order; the ids stay with their rows."""
    rng = np.random.default_rng(seed)
    people, courses, schools = (
        rng.permutation(n) for n in (len(district.people), len(district.courses), len(district.school_ids))
    )
    teacher_at, course_at, school_at = np.argsort(people), np.argsort(courses), np.argsort(schools)
    pairs = district.pairs
    t, c = teacher_at[pairs.teacher], course_at[pairs.course]
    order = np.lexsort((c, t))
    moved = replace(
        pairs.take(order), teacher=t[order].astype(np.int32), course=c[order].astype(np.int32),
        cell=(t[:, None] * LEAVES + pairs.cell % LEAVES)[order].astype(np.int32),
    )  # fmt: skip
    tables = dict(district.snapshot.tables)
    tables["courses"] = tables["courses"].iloc[courses].reset_index(drop=True)
    tables["teachers"] = tables["teachers"].iloc[people].reset_index(drop=True)
    tables["organizations"] = tables["organizations"].iloc[rng.permutation(len(tables["organizations"]))]
    snapshot: Any = SimpleNamespace(
        **vars(district.snapshot) | {
            "tables": tables, "course_ids": district.course_ids[courses],
            "teacher_ids": district.teacher_ids[people],
        }
    )  # fmt: skip
    return replace(
        district, snapshot=snapshot, effect_ratio=district.effect_ratio[courses],
        teacher_ids=district.teacher_ids[people], school_ids=district.school_ids[schools],
        school=school_at[district.school[people]], disadvantage=district.disadvantage[people], pairs=moved,
        refused=district.refused[order], hours=district.hours.take(people),
    )  # fmt: skip


def solve_plan(district: District, limits: Limits, yuan: float, seed: int = 0) -> SolvedPlan:
    """As the planner solves it."""
    problem, decisions = build_problem(district, limits, yuan)
    solution = Solution.infeasible(problem) if decisions.contradictions else solve(problem, seed)
    conflicts: tuple[Conflict, ...] = ()
    changes: tuple[Remedy, ...] = ()
    if solution.plan is None:
        required = PlanRequirements(yuan, limits)
        conflicts = tuple(explain(district, required, seed))
        changes = tuple(remedies(district, required, conflicts, seed))
    lottery = None
    if solution.plan is not None and limits.lottery_share > 0:
        lottery = draw_lottery(problem, solution.plan, limits.lottery_share, seed)
    return SolvedPlan(district, limits, yuan, seed, problem, solution, lottery, conflicts, changes)


def plan_ids(district: District, plan: Plan) -> tuple[list[tuple[str, str]], list[str]]:
    """Its (teacher, course) ids, and the ids of the courses it opens."""
    pairs = district.pairs
    teachers = district.teacher_ids[pairs.teacher[plan.chosen]].tolist()
    courses = district.course_ids[pairs.course[plan.chosen]].tolist()
    return list(zip(teachers, courses, strict=True)), district.course_ids[plan.opened].tolist()


@pytest.fixture(scope="session")
def drawn() -> Any:
    """The functions of this file that make and solve small districts."""
    return SimpleNamespace(
        district=draw_district, limits=draw_limits, permute=permute, solve=solve_plan, ids=plan_ids
    )
