"""A made-up city with known truth, for tests, demonstrations and evaluation.

It shares no formula and no constant with the code that is judged by it, and it is not kind: rubrics are
ordinal, courses answer unevenly and a quarter of them to nobody, what is popular is what is convenient, and
who takes part is not left to chance.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.errors import UsageError
from features.schema import TABLES
from features.simulate import course_catalogue as courses
from features.simulate.ability_drift import start_abilities
from features.simulate.city import SimulatedCity, draw_city, organizations_table
from features.simulate.class_lists import classes_table, draw_rosters
from features.simulate.data_faults import soil
from features.simulate.enrolment_history import SimulatedHistory, live
from features.simulate.exams import Sheets, examine, known_only
from features.simulate.framework import competencies_table, targets_table
from features.simulate.indicator_rows import indicators_table
from features.simulate.monitoring_waves import monitor
from features.simulate.observations import observe
from features.simulate.scenario import BY_NAME, SCENARIOS, Scenario, drawn
from features.simulate.surveys import survey
from features.simulate.teacher_register import teachers_table
from features.simulate.truth_files import write_known
from features.simulate.write_tables import table_of, write_origin, write_table

__all__ = ["SCENARIOS", "simulate"]

LEAST, MOST = 200, 131_000
Progress = Callable[[str, float], None]


def simulate(
    out: Path, teachers: int = 2000, seed: int = 1, scenario: str = "plain", progress: Progress | None = None
) -> Path:
    """Writes OUT/tables/*.csv and OUT/truth/, both marked as made up; returns OUT.

    The same arguments give the same bytes. Raises WrongUse for an unknown scenario, a size outside 200 to
    131,000 or a negative seed.
    """
    if scenario not in BY_NAME:
        raise UsageError(f"no scenario {scenario!r}; there are {', '.join(BY_NAME)}")
    if not LEAST <= teachers <= MOST:
        raise UsageError(f"{teachers} teachers cannot be simulated; ask for {LEAST} to {MOST}")
    if seed < 0:
        raise UsageError(f"seed {seed} is negative; give 0 or more")
    kind = drawn(BY_NAME[scenario], seed)
    tell = progress or (lambda what, share: None)
    tables, truth = out / "tables", out / "truth"
    for folder in (tables, truth):
        folder.mkdir(parents=True, exist_ok=True)
        write_origin(folder, seed, scenario, teachers)

    def keep(name: str, columns: Any) -> None:
        table = table_of(name, columns)
        write_table(tables, name, soil(name, table, seed) if kind.dirty else table)

    tell("schools and people", 0.0)
    city = draw_city(teachers, seed, kind)
    keep("organizations", organizations_table(city))
    keep("teachers", teachers_table(city))
    keep("competencies", competencies_table())
    keep("targets", targets_table())
    keep("indicators", indicators_table())
    catalogue = courses.draw_catalogue(city, seed)
    keep("courses", courses.courses_table(catalogue, city))
    keep("course_goals", courses.goals_table(catalogue))
    keep("hour_rules", courses.hour_rules_table(city))
    tell("years of training", 0.1)
    history = live(city, catalogue, start_abilities(city, seed, kind), seed, kind)
    keep("enrolments", history.columns)
    tell("known truth", 0.35)
    write_known(truth, city, catalogue, history, seed)
    _evidence(keep, tell, city, history, seed, kind)
    tell("done", 1.0)
    return out


def _evidence(
    keep: Callable[[str, Any], None], tell: Progress, city: SimulatedCity, history: SimulatedHistory, seed: int, kind: Scenario
) -> None:
    """Classes, tests, observations and questionnaires; only their headers where the scenario has none."""
    tell("classes", 0.4)
    rosters = draw_rosters(city, city.general, seed, kind)
    classes = classes_table(city, rosters)
    keep("classes", classes)
    if not kind.evidence:
        for name in (
            "assessments",
            "assessment_dimensions",
            "results",
            "result_covariances",
            "observations",
            "surveys",
        ):
            keep(name, {column.name: [] for column in TABLES[name].columns})
        return
    ability = {roster.year: history.edges[2 * i + 2] for i, roster in enumerate(rosters)}
    tell("examinations", 0.5)
    sheets = Sheets()
    examine(sheets, city, rosters, ability, seed, kind)
    monitor(sheets, city, ability, seed, kind)
    known_only(sheets, classes["class_id"])
    for name, columns in sheets.tables().items():
        keep(name, columns)
    del rosters, sheets
    tell("lessons observed", 0.7)
    keep("observations", observe(city, history.edges, seed, kind))
    tell("questionnaires", 0.85)
    keep("surveys", survey(city, history.edges, seed, kind))
