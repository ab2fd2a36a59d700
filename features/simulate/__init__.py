"""A simulated city with known truth, for tests, demonstrations and evaluation.

It shares no formula and no constant with the code that is evaluated on it, and it violates convenient
assumptions: rubrics are ordinal, effects of courses differ and a quarter of them have none, popular courses are
the convenient ones, and enrolment is confounded.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy import float64
from numpy.typing import NDArray

from features.errors import UsageError
from features.schema import TABLES
from features.simulate import course_catalogue as courses
from features.simulate.ability_drift import start_abilities
from features.simulate.city import SimulatedCity, draw_city, organizations_table
from features.simulate.class_lists import classes_table, draw_rosters
from features.simulate.data_faults import add_faults
from features.simulate.exams import Sheets, examine, known_only
from features.simulate.framework import competencies_table, targets_table
from features.simulate.indicator_rows import indicators_table
from features.simulate.monitoring_waves import monitor
from features.simulate.observations import observe
from features.simulate.rare_cases import RareCases, rare_cases
from features.simulate.scenario import BY_NAME, SCENARIOS, Scenario, draw_scenario
from features.simulate.simulated_enrolments import SimulatedHistory, simulate_history
from features.simulate.surveys import survey
from features.simulate.teacher_register import teachers_table
from features.simulate.truth_files import write_known
from features.simulate.write_tables import table_of, write_origin, write_table

__all__ = ["SCENARIOS", "simulate"]

MIN_TEACHERS, MAX_TEACHERS = 200, 131_000
Progress = Callable[[str, float], None]


def simulate(
    out: Path, teachers: int = 2000, seed: int = 1, scenario: str = "plain", progress: Progress | None = None
) -> Path:
    """Writes OUT/tables/*.csv and OUT/truth/, both marked as simulated; returns OUT.

    The same arguments give the same bytes. Raises UsageError for an unknown scenario, a size outside 200 to
    131,000 or a negative seed.
    """
    if scenario not in BY_NAME:
        raise UsageError("simulate.unknown_scenario", scenario=scenario, scenarios=SCENARIOS)
    if not MIN_TEACHERS <= teachers <= MAX_TEACHERS:
        raise UsageError("simulate.number_of_teachers", teachers=teachers, low=MIN_TEACHERS, high=MAX_TEACHERS)
    if seed < 0:
        raise UsageError("simulate.negative_seed", seed=seed)
    kind = draw_scenario(BY_NAME[scenario], seed)
    report = progress or (lambda step, share: None)
    tables, truth = out / "tables", out / "truth"
    for folder in (tables, truth):
        folder.mkdir(parents=True, exist_ok=True)
        write_origin(folder, seed, scenario, teachers)

    cases, class_ids = RareCases(), frozenset[str]()

    def write(name: str, columns: Any) -> None:
        nonlocal class_ids
        if name == "classes":
            class_ids = cases.classes_of(columns)
        table = cases.keep(name, table_of(name, columns), class_ids)
        write_table(tables, name, add_faults(name, table, seed) if kind.dirty else table)

    report("schools and people", 0.0)
    city = draw_city(teachers, seed, kind)
    write("organizations", organizations_table(city))
    write("teachers", teachers_table(city))
    write("competencies", competencies_table())
    write("targets", targets_table())
    write("indicators", indicators_table())
    catalogue = courses.draw_catalogue(city, seed)
    write("courses", courses.courses_table(catalogue, city))
    write("course_goals", courses.goals_table(catalogue))
    write("hour_rules", courses.hour_rules_table(city))
    report("years of training", 0.1)
    history = simulate_history(city, catalogue, start_abilities(city, seed, kind), seed, kind)
    if kind.evidence and kind.enrolments:
        cases = rare_cases(city, catalogue)
    write("enrolments", history.columns)
    report("known truth", 0.35)
    write_known(truth, city, catalogue, history, seed)
    _evidence(write, report, city, history, seed, kind)
    report("done", 1.0)
    return out


def _evidence(
    write: Callable[[str, Any], None], report: Progress, city: SimulatedCity, history: SimulatedHistory, seed: int, kind: Scenario
) -> None:
    """Classes, tests, observations and questionnaires; only their headers where the scenario has none."""
    report("classes", 0.4)
    rosters = draw_rosters(city, city.general, seed, kind)
    classes = classes_table(city, rosters)
    write("classes", classes)
    if not kind.evidence:
        for name in (
            "assessments",
            "assessment_dimensions",
            "results",
            "result_covariances",
            "observations",
            "surveys",
        ):
            write(name, {column.name: [] for column in TABLES[name].columns})
        return
    ability = {roster.year: history.edges[2 * i + 2] for i, roster in enumerate(rosters)}
    report("examinations", 0.5)
    sheets = Sheets()
    examine(sheets, city, rosters, ability, seed, kind)
    monitor(sheets, city, ability, seed, kind)
    known_only(sheets, classes["class_id"])
    for name, columns in sheets.tables().items():
        write(name, columns)
    del rosters, sheets
    report("lessons observed", 0.7)
    write("observations", observe(city, history.edges, seed, kind))
    report("questionnaires", 0.85)
    write("surveys", survey(city, history.edges, seed, kind))


def past_of(
    teachers: int, seed: int, scenario: str
) -> tuple[SimulatedCity, list[NDArray[float64]], int, Scenario]:
    """The people and abilities behind a city that was written with these arguments: what `observe_further` takes."""
    kind = draw_scenario(BY_NAME[scenario], seed)
    city = draw_city(teachers, seed, kind)
    history = simulate_history(city, courses.draw_catalogue(city, seed), start_abilities(city, seed, kind), seed, kind)
    return city, history.edges, seed, kind
