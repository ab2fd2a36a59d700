"""Which rows of the tables are about one teacher.

A row is about her where a column names her, and a result of a class where she teaches that class. Every table of the
schema is either searched or listed as one about nobody, so that a new table cannot be passed over.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from features.schema import TABLES, Table
from features.tables import Tables

TEACHER_ID: Final = "teacher_id"
BY_CLASS: Final = frozenset({"results"})
ABOUT_NOBODY: Final = frozenset({
    "organizations", "competencies", "assessments", "assessment_dimensions", "result_covariances", "indicators",
    "targets", "courses", "course_goals", "hour_rules", "credit_rules",
})  # fmt: skip
"""Tables about organizations, tests, courses and rules. Pooled covariances are about classes together."""


def naming_columns(table: Table) -> tuple[str, ...]:
    """Columns whose cells are ids of teachers."""
    return tuple(c.name for c in table.columns if c.name == TEACHER_ID or c.references == "teachers")


def personal_rows(tables: Tables, teacher_id: str) -> dict[str, pd.DataFrame]:
    """The rows about one teacher, by table in schema order; tables without any are there, empty."""
    result = {}
    for name, table in TABLES.items():
        if name in ABOUT_NOBODY:
            continue
        frame = tables[name]
        mask = pd.Series(False, index=frame.index)
        for column in naming_columns(table):
            mask |= frame[column] == teacher_id
        if name in BY_CLASS:
            classes = tables["classes"]
            own = classes.loc[classes[TEACHER_ID] == teacher_id, "class_id"]
            mask |= (frame["unit_kind"] == "class") & frame["unit_id"].isin(own)
        result[name] = frame[mask].reset_index(drop=True)
    return result
