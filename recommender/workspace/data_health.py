"""The checks of `recommender doctor` on dates: how old the data are, and which listed courses are still open."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from features.eligibility import open_courses
from features.messages import message
from features.tables import Tables
from recommender.data_age import DataAge, data_age
from recommender.date_of_data import date_of_data
from recommender.settings import Settings
from recommender.workspace.health_finding import HealthFinding
from recommender.workspace.workspace import Workspace


def data_findings(workspace: Workspace, settings: Settings, tables: Tables) -> list[HealthFinding]:
    """The age of the data; and of the lists in `scores/`, where there are any, how many rows name a closed course."""
    day = settings.day()
    age = data_age(tables["courses"], date_of_data(tables, tables.latest_evidence() or day), day, settings.stale_days)
    return [_age(age), *_lists(workspace, tables, age)]


def _age(age: DataAge) -> HealthFinding:
    if age.expired:
        return HealthFinding("dates", "wrong", age.expiry, message("dates.doctor_import"))
    if not age.stale:
        fresh = message("dates.doctor_fresh", as_of=age.as_of, days=age.days, today=age.open_on, all=age.open_then)
        return HealthFinding("dates", "ok", fresh)
    closed = message(
        "dates.doctor_closed", as_of=age.as_of, days=age.days, all=age.open_then, closed=age.closed, today=age.open_on
    )
    return HealthFinding("dates", "note", closed, message("dates.doctor_import"))


def _lists(workspace: Workspace, tables: Tables, age: DataAge) -> list[HealthFinding]:
    path = workspace.scores / "recommendations.parquet"
    if not path.is_file():
        return []
    try:
        listed = pq.read_table(path, columns=["course_id"])["course_id"].to_pandas()
    except (OSError, pa.ArrowException):  # a damaged file is another check's finding
        return []
    courses = tables["courses"]
    still_open = set(courses["course_id"][open_courses(courses, age.open_on)])
    closed = int((~listed.isin(still_open)).sum())
    observed = message("dates.doctor_lists", rows=len(listed), closed=closed, today=age.open_on)
    if not closed:
        return [HealthFinding("lists", "ok", observed)]
    return [HealthFinding("lists", "note", observed, message("dates.doctor_lists_again", today=age.open_on))]
