"""What a school may read about itself: departments of five or more, the whole, level beside gain."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from features.snapshot import Snapshot
from features.tables import split_list
from recommender.types import GroupNeed, SchoolNeeds, SchoolView
from recommender.unit_needs import UnitNeeds

SMALLEST: Final = 5  # teachers; smaller groups are listed without numbers (contract, section 4)


def school_needs(
    snapshot: Snapshot, units: UnitNeeds, school_id: str, name: str, made_up: bool
) -> SchoolNeeds:
    """One row a group and competency; a group that is too small to show has one row without a need."""
    teachers = snapshot.tables["teachers"]
    subjects = [split_list(cell) for cell in teachers.loc[teachers["school_id"] == school_id, "subject"]]
    departments: list[GroupNeed] = []
    for subject in sorted({s for listed in subjects for s in listed}):
        members = sum(subject in listed for listed in subjects)
        departments += _group(units, "department", f"{school_id}|{subject}", subject, members)
    return SchoolNeeds(
        school_id=school_id,
        name=name,
        departments=tuple(departments),
        school=tuple(_group(units, "school", school_id, name, len(subjects))),
        as_of=snapshot.as_of,
        made_up=made_up,
        views=_views(snapshot.needs.school_views, units, school_id),
    )


def _group(units: UnitNeeds, kind: Any, unit_id: str, label: str, members: int) -> list[GroupNeed]:
    needs = units.of(kind, unit_id) if members >= SMALLEST else ()
    return [GroupNeed(kind, unit_id, label, members, need) for need in needs or (None,)]


def _views(views: pd.DataFrame, units: UnitNeeds, school_id: str) -> tuple[SchoolView, ...]:
    """Level and gain of each competency side by side; None where only one of them is known."""
    rows = views[views["org_id"] == school_id]
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(str(row["competency_id"]), {})[str(row["view"])] = (
            float(row["mean"]),
            float(row["sd"]),
        )
    return tuple(
        SchoolView(competency, *units.name(competency), held.get("level"), held.get("gain"))
        for competency, held in sorted(found.items())
    )
