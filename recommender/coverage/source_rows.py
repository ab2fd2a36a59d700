"""Of each teacher, whether there are rows of a source at all, and the newest date of each school's rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.tables import Tables

SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "classes": ("classes",),
    "results": ("results",),
    "observations": ("observations",),
    "surveys": ("surveys",),
    "training": ("enrolments", "hour_entries"),
}
"""Source -> its tables. The register itself is there wherever there is a teacher."""


@dataclass(frozen=True)
class SourceRows:
    """school: (N,) of the teachers. covered: source -> (N,) whether there are rows about the teacher. newest: source ->
    by school: a date, or a term of classes; schools without rows are left out."""

    school: NDArray[np.object_]
    covered: Mapping[str, NDArray[np.bool_]]
    newest: Mapping[str, Mapping[str, str]]


def source_rows(tables: Tables) -> SourceRows:
    """Of the tables as they were known on a date (`Tables.until`). Results count for whoever teaches, or once was listed for, a
    class that has any."""
    teachers, classes = tables["teachers"], tables["classes"]
    dates = dict(zip(tables["assessments"]["assessment_id"], _text(tables["assessments"]["date"]), strict=True))
    results = tables["results"]
    results = results[results["unit_kind"] == "class"]
    on = pd.Series([dates.get(a) for a in results["assessment_id"]], index=results.index, dtype=object)
    of_class = on.groupby(results["unit_id"]).max()
    listed = classes[classes["class_id"].isin(of_class.index)]
    rows = {
        "classes": _rows(classes["teacher_id"], classes["term"]),
        "results": _rows(listed["teacher_id"], listed["class_id"].map(of_class.to_dict())),
        "observations": _rows(tables["observations"]["teacher_id"], tables["observations"]["date"]),
        "surveys": _rows(tables["surveys"]["teacher_id"], tables["surveys"]["date"]),
        "training": pd.concat([
            _rows(tables["enrolments"]["teacher_id"], tables["enrolments"]["requested_on"]),
            _rows(tables["hour_entries"]["teacher_id"], tables["hour_entries"]["done_on"]),
        ]),
    }  # fmt: skip
    ids, school = teachers["teacher_id"].to_numpy(dtype=object), teachers["school_id"].to_numpy(dtype=object)
    school_of = dict(zip(ids, school, strict=True))
    covered, newest = {}, {}
    for source, frame in rows.items():
        newest_of = frame.groupby("teacher_id")["on"].max()
        covered[source] = np.isin(ids, newest_of.index.to_numpy(dtype=object))
        by_school = newest_of.groupby(newest_of.index.map(school_of)).max()
        newest[source] = {str(s): str(on) for s, on in by_school.items() if isinstance(on, str)}
    return SourceRows(school, covered, newest)


def _rows(teacher: pd.Series, on: pd.Series) -> pd.DataFrame:
    """teacher_id and the date or term of rows, as text."""
    return pd.DataFrame({"teacher_id": teacher.astype(object), "on": _text(on)})


def _text(on: pd.Series) -> pd.Series:
    """Dates as YYYY-MM-DD, which sort as they follow each other; terms as they are."""
    return (on.dt.strftime("%Y-%m-%d") if pd.api.types.is_datetime64_any_dtype(on) else on).astype(object)
