"""Needs of a school and its departments after disclosure control; pupils' level beside the school's gain.

A number about a competency is about those members to whom it applies; `features.disclosure.visible_groups` decides
where these are enough people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import visible_groups
from features.snapshot import Snapshot
from features.tables import split_list
from recommender.lists.unit_needs import UnitNeeds
from recommender.types import GroupNeed, SchoolNeeds, SchoolView

Mask = NDArray[np.bool_]


def school_needs(
    snapshot: Snapshot, units: UnitNeeds, school_id: str, name: str, made_up: bool, minimum: int
) -> SchoolNeeds:
    """One row per group and visible competency; a group without any has one row without a need."""
    teachers = snapshot.tables["teachers"]
    members = np.flatnonzero((teachers["school_id"] == school_id).to_numpy())
    applies = snapshot.needs.applies[members]
    subjects_of = [split_list(cell) for cell in teachers["subject"].iloc[members]]
    subjects = sorted({s for own in subjects_of for s in own})
    inside = np.array([[s in own for own in subjects_of] for s in subjects], dtype=bool).reshape(
        len(subjects), len(members)
    )
    visible, school_visible = visible_groups(inside, applies, minimum)
    competencies = snapshot.needs.competency_ids
    departments: list[GroupNeed] = []
    for subject, inside_one, visible_one in zip(subjects, inside, visible, strict=True):
        people = _people(competencies, visible_one, applies[inside_one])
        unit = f"{school_id}|{subject}"
        departments += _group(units, "department", unit, subject, int(inside_one.sum()), people)
    people = _people(competencies, school_visible, applies)
    return SchoolNeeds(
        school_id=school_id,
        name=name,
        departments=tuple(departments),
        school=tuple(_group(units, "school", school_id, name, len(members), people)),
        as_of=snapshot.as_of,
        made_up=made_up,
        views=_views(snapshot.needs.school_views, units, school_id, set(people)),
    )


def _people(competencies: Sequence[str], visible: Mask, applies: Mask) -> dict[str, int]:
    """Visible competency (K,) -> number of the members (n, K) to whom it applies."""
    counts = applies.sum(axis=0)
    return {competencies[int(k)]: int(counts[k]) for k in np.flatnonzero(visible)}


def _group(
    units: UnitNeeds, kind: Any, unit_id: str, label: str, members: int, people: Mapping[str, int]
) -> list[GroupNeed]:
    """people: visible competency -> number of members that the need is about."""
    needs = [need for need in units.of(kind, unit_id) if need.competency_id in people]
    if not needs:
        return [GroupNeed(kind, unit_id, label, members, None)]
    return [GroupNeed(kind, unit_id, label, members, need, people[need.competency_id]) for need in needs]


def _views(
    views: pd.DataFrame, units: UnitNeeds, school_id: str, open_ids: set[str]
) -> tuple[SchoolView, ...]:
    """Level and gain of each competency side by side; None where only one of them is known.

    What a school adds in a competency that few teach is what these few add: withheld as their needs are.
    """
    rows = views[(views["org_id"] == school_id) & views["competency_id"].isin(open_ids)]
    by_competency: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows.to_dict("records"):
        by_competency.setdefault(str(row["competency_id"]), {})[str(row["view"])] = (
            float(row["mean"]),
            float(row["sd"]),
        )
    return tuple(
        SchoolView(competency, *units.name(competency), pair.get("level"), pair.get("gain"))
        for competency, pair in sorted(by_competency.items())
    )
