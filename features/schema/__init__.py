"""The tables a user may bring: every column, its kind, its Chinese name and synonyms, once.

The single source for headers, templates, checks and the column list in the docs.
"""

from typing import Final

from features.schema import course_tables as courses
from features.schema import evidence_tables as evidence
from features.schema import hour_tables as hours
from features.schema import register_tables as register
from features.schema.column import Column, Table

__all__ = ["TABLES", "Column", "Table"]

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        register.ORGANIZATIONS,
        register.TEACHERS,
        register.COMPETENCIES,
        register.CLASSES,
        evidence.ASSESSMENTS,
        evidence.ASSESSMENT_DIMENSIONS,
        evidence.RESULTS,
        evidence.RESULT_COVARIANCES,
        evidence.OBSERVATIONS,
        evidence.SURVEYS,
        evidence.INDICATORS,
        evidence.TARGETS,
        courses.COURSES,
        courses.COURSE_GOALS,
        courses.ENROLMENTS,
        courses.HOUR_RULES,
        hours.HOUR_ENTRIES,
        hours.CREDIT_RULES,
    )
}
