"""What may be read about a school: groups large enough to hide everyone in them; level beside gain.

A number about a competency speaks of those members to whom it applies. A group is shown in a competency where
at least `floor` members do, and the whole school only where those left over when the shown departments are
taken off are none or at least `floor` (complementary suppression).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.disclosure import visible_groups
from features.snapshot import Snapshot
from features.tables import split_list
from recommender.lists.unit_needs import UnitNeeds
from recommender.types import GroupNeed, SchoolNeeds, SchoolView


def school_needs(
    snapshot: Snapshot, units: UnitNeeds, school_id: str, name: str, made_up: bool, floor: int
) -> SchoolNeeds:
    """One row a group and competency that may be shown; a group without any has one row without a need."""
    teachers = snapshot.tables["teachers"]
    members = np.flatnonzero((teachers["school_id"] == school_id).to_numpy())
    applies = snapshot.needs.applies[members]
    listed = [split_list(cell) for cell in teachers["subject"].iloc[members]]
    subjects = sorted({s for found in listed for s in found})
    inside = np.array([[s in found for found in listed] for s in subjects], dtype=bool).reshape(
        len(subjects), len(members)
    )
    visible, whole = visible_groups(inside, applies, floor)
    competencies = snapshot.needs.competency_ids
    departments: list[GroupNeed] = []
    for subject, here, seen in zip(subjects, inside, visible, strict=True):
        open_ids = {competencies[k] for k in np.flatnonzero(seen)}
        unit = f"{school_id}|{subject}"
        departments += _group(units, "department", unit, subject, int(here.sum()), open_ids)
    open_ids = {competencies[k] for k in np.flatnonzero(whole)}
    return SchoolNeeds(
        school_id=school_id,
        name=name,
        departments=tuple(departments),
        school=tuple(_group(units, "school", school_id, name, len(members), open_ids)),
        as_of=snapshot.as_of,
        made_up=made_up,
        views=_views(snapshot.needs.school_views, units, school_id, open_ids),
    )


def _group(
    units: UnitNeeds, kind: Any, unit_id: str, label: str, members: int, open_ids: set[str]
) -> list[GroupNeed]:
    needs = [need for need in units.of(kind, unit_id) if need.competency_id in open_ids]
    return [GroupNeed(kind, unit_id, label, members, need) for need in needs or (None,)]


def _views(
    views: pd.DataFrame, units: UnitNeeds, school_id: str, open_ids: set[str]
) -> tuple[SchoolView, ...]:
    """Level and gain of each competency side by side; None where only one of them is known.

    What a school adds in a competency that few teach is what these few add: left out as their needs are.
    """
    rows = views[(views["org_id"] == school_id) & views["competency_id"].isin(open_ids)]
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
