"""What holds for every constraint: one suite, run for each that is registered."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from features.messages import message
from recommender.planning.checker import violations
from recommender.planning.constraints.constraint import Constraint
from recommender.planning.infeasibility import PlanRequirements
from recommender.planning.problem.constraint_registry import constraint, constraints, settings
from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.shadow_prices import shadow_prices
from recommender.planning.solver.solve import solve
from recommender.text import render

YUAN = 4500.0
TIGHT: dict[str, Any] = {
    "max_courses_per_teacher": 1,
    "max_hours_per_teacher": 6.0,
    "release_days_per_teacher": 0.1,
    "floor_share_per_school": 0.9,
    "floor": [{"share": 1.0, "stage": "primary"}],
    "must_open": ["C5"],
    "forbid": ["C1", ["T0", "C2"], ["T1", "C2"]],
    "pin": "worst pairs",
    "list": "worst pairs",
}
"""Values that bind in the small district: each excludes its best plan."""
ZERO: dict[str, Any] = {
    "max_courses_per_teacher": 0,
    "max_hours_per_teacher": 0.0,
    "release_days_per_teacher": 0.0,
    "floor_share_per_school": 0.0,
    "floor": [{"share": 0.0, "stage": "primary"}],
}
NAMES = [c.key for c in constraints() if c.in_limits]


@pytest.fixture(scope="module")
def district(drawn: Any) -> District:
    return drawn.district(4, 14, 6)


@pytest.fixture(scope="module")
def best(drawn: Any, district: District) -> Any:
    """The best plan without limits."""
    return drawn.solve(district, Limits(), YUAN)


def tight(name: str, district: District, best: Any) -> Limits:
    value = TIGHT[name]
    if value == "worst pairs":
        chosen = set(best.plan.chosen.tolist())
        pairs = district.pairs
        free = [k for k in range(len(pairs)) if k not in chosen and not district.refused[k]]
        worst = min(free, key=lambda k: pairs.gain[k])
        teacher, course = district.teacher_ids[pairs.teacher[worst]], district.course_ids[pairs.course[worst]]
        value = [[teacher, course]] if name == "pin" else [{"course": course, "teachers": [teacher], "only": True}]
    return Limits.of({name: value})


def test_every_constraint_of_the_limits_has_values_here() -> None:
    assert set(NAMES) == set(TIGHT)


@pytest.mark.parametrize("name", [c.key for c in constraints()])
def test_its_words_are_there_in_both_languages(name: str) -> None:
    one = constraint(name)
    for code in (one.label, *(kind.label for kind in one.price_kinds)):
        assert render(message(code), "zh") != render(message(code), "en")
    for kind in one.price_kinds:
        sentence = message(kind.sentence, name=message(kind.label), price=0.25)
        assert "0.250" in render(sentence, "zh") and "0.250" in render(sentence, "en")
        assert constraint(kind.name) is one


@pytest.mark.parametrize("setting", settings(), ids=lambda s: s.key)
def test_its_value_is_read_written_and_read_again(setting: Any, district: District, best: Any) -> None:
    limits = tight(setting.key, district, best) if setting.key in TIGHT else Limits()
    assert Limits.of(limits.as_json()) == limits
    assert Limits() == Limits.of({}) and setting.key not in Limits().as_json()
    if setting.form is not None:
        value = setting.dump(getattr(limits, setting.key))
        text = None if value is None else setting.form.fill(value)
        if text:
            assert setting.validate(setting.form.parse(text)) == getattr(limits, setting.key)


@pytest.mark.parametrize("name", NAMES)
def test_its_rows_are_named_after_it_and_fit_the_problem(name: str, district: District, best: Any) -> None:
    problem, _ = build_problem(district, tight(name, district, best), YUAN)
    names = [block.name for block in problem.constraints]
    assert len(set(names)) == len(names)
    assert {n.partition("/")[0] for n in names} <= {"budget", name}
    for block in problem.blocks(name):
        assert len(block.keys) == len(block.limit) and len(block.coef) == len(district.courses)
        for row in (block.teacher_row, block.variable_row):
            assert row is None or (row.min() >= -1 and row.max() < len(block.limit))
        assert block.variable is None or problem.variable(block.variable)


@pytest.mark.parametrize("name", NAMES)
def test_it_excludes_plans_and_the_checker_knows_them(name: str, district: District, best: Any, drawn: Any) -> None:
    limits = tight(name, district, best)
    assert violations(district, limits, YUAN, *drawn.ids(district, best.plan))
    limited = drawn.solve(district, limits, YUAN)
    assert limited.plan is None or not violations(district, limits, YUAN, *drawn.ids(district, limited.plan))
    if limited.plan is not None:
        assert limited.plan.value <= best.plan.value * (1 + 1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_relaxing_it_never_lowers_the_optimum(name: str, district: District, best: Any) -> None:
    required = PlanRequirements(YUAN, tight(name, district, best))
    relaxable = next(iter(constraint(name).relaxables(required.value(name))))
    steps = [required]
    if relaxable.at is not None and relaxable.value is not None:
        for factor in (1.5,):
            number = relaxable.value * factor if relaxable.raised else relaxable.value / factor
            steps.append(required.at(relaxable, float(np.ceil(number)) if relaxable.whole else number))
    steps.append(required.without(relaxable))
    values = []
    for requirements in steps:
        plan = solve(build_problem(district, requirements.limits, requirements.yuan)[0]).plan
        values.append(-np.inf if plan is None else plan.value)
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(values))
    assert values[-1] > values[0]


@pytest.mark.parametrize("name", NAMES)
def test_its_prices_are_never_negative_and_are_of_its_kinds(
    name: str, district: District, best: Any, drawn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("constraint", "course_seats", "must_open", "group_floor"):
        monkeypatch.setattr(f"recommender.planning.constraints.{module}.DISTRICT_MINIMUM", 1)
    limited = drawn.solve(district, tight(name, district, best), YUAN)
    prices = shadow_prices(district, limited.limits, limited.problem, limited.solution)
    kinds = {kind.name: kind.unit for c in constraints() for kind in c.price_kinds}
    assert prices[0].limit == "budget"
    for price in prices:
        assert price.price >= 0 and np.isfinite(price.price) and kinds[price.limit] == price.unit
    assert {p.limit for p in prices} - {"budget", "max_seats", "min_seats", "must_open"} <= {
        kind.name for kind in constraint(name).price_kinds
    }


@pytest.mark.parametrize("name", sorted(ZERO))
def test_zero_is_a_value(name: str, district: District, drawn: Any) -> None:
    limits = Limits.of({name: ZERO[name]})
    plan = drawn.solve(district, limits, YUAN).plan
    assert plan is not None and not violations(district, limits, YUAN, *drawn.ids(district, plan))
    if name in ("max_courses_per_teacher", "max_hours_per_teacher"):
        assert not len(plan.chosen)


@pytest.mark.parametrize("name", NAMES)
def test_a_district_without_open_pairs_has_an_empty_plan_or_none(name: str, district: District, drawn: Any) -> None:
    pairs = district.pairs.take(np.zeros(0, np.intp))
    empty = replace(district, pairs=pairs, refused=np.zeros(0, bool))
    value = TIGHT[name]
    if value == "worst pairs":
        value = [["T0", "C0"]] if name == "pin" else [{"course": "C0", "teachers": ["T0"]}]
    solved = drawn.solve(empty, Limits.of({name: value}), YUAN)
    lower = name in ("floor_share_per_school", "floor", "pin", "list")
    assert (solved.plan is None) or (not lower and not len(solved.plan.chosen))
    assert bool(solved.conflicts) == (solved.plan is None)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.slow
def test_the_order_of_rows_in_tables_changes_nothing(
    name: str, seed: int, district: District, best: Any, drawn: Any
) -> None:
    limits = tight(name, district, best)
    one, two = drawn.solve(district, limits, YUAN), drawn.solve(drawn.permute(district, seed), limits, YUAN)
    assert (one.plan is None) == (two.plan is None)
    assert one.problem.constraints[0].name == "budget"
    if one.plan is None:
        assert {w.limit for c in one.conflicts for w in c.relaxables} == {
            w.limit for c in two.conflicts for w in c.relaxables
        }
        return
    assert two.plan.value == pytest.approx(one.plan.value, rel=1e-6)
    assert not violations(two.district, limits, YUAN, *drawn.ids(two.district, two.plan))


@pytest.mark.parametrize("group", [{"stage": "none such"}, {"location": "none such"}, {"disadvantage_min": 1.0}])
def test_a_group_without_teachers_asks_for_nothing(group: dict[str, Any], district: District, drawn: Any) -> None:
    limits = Limits.of({"floor": [{"share": 1.0, **group}]})
    solved = drawn.solve(district, limits, YUAN)
    assert solved.plan is not None and not solved.conflicts
    assert solved.plan.value == pytest.approx(drawn.solve(district, Limits(), YUAN).plan.value, rel=1e-6)


def test_a_constraint_is_found_by_its_key_and_an_unknown_one_is_not() -> None:
    assert all(isinstance(constraint(name), Constraint) for name in NAMES)
    with pytest.raises(KeyError):
        constraint("no such constraint")
