"""Floors: at least a share of a school's, or of a group's, teachers get a seat; one is counted once."""

from __future__ import annotations

import numpy as np

from features.tables import split_list
from recommender.planning.problem.candidate_pairs import Index, Mask
from recommender.planning.problem.district import District
from recommender.planning.problem.limits import Floor, Limits
from recommender.planning.problem.linear_constraints import CountVariables, LinearConstraints


def reached_tally(district: District) -> CountVariables:
    """Teachers with a seat: one item each, counted once."""
    teachers, courses = len(district.people), len(district.courses)
    return CountVariables(
        "teachers reached", np.zeros(courses, np.intp), np.arange(teachers)[:, None], np.ones(courses),
        np.ones(teachers), np.zeros(teachers),
    )  # fmt: skip


def floor_rows(district: District, limits: Limits, tally: int) -> list[LinearConstraints]:
    """A row a school and a row a group; `tally` is the number of `reached_tally`."""
    found = []
    if limits.floor_share_per_school:
        size = np.bincount(district.school, minlength=len(district.school_ids))
        keys = tuple(map(str, district.school_ids))
        found.append(
            _rows(
                district,
                "floor_share_per_school",
                keys,
                limits.floor_share_per_school,
                size,
                district.school,
                tally,
            )
        )
    for floor in limits.floor:
        inside = members(district, floor)
        size = np.array([int(inside.sum())])
        row = np.where(inside, 0, -1)
        found.append(_rows(district, "floor", (floor.name,), floor.share, size, row, tally))
    return found


def _rows(
    district: District, name: str, keys: tuple[str, ...], share: float, size: Index, row: Index, tally: int
) -> LinearConstraints:
    least = np.ceil(share * size - 1e-9)
    return LinearConstraints(
        name, keys, -least.astype(np.float64), np.zeros(len(district.courses)), tally=tally,
        tally_row=row.astype(np.intp), tally_use=-np.ones(len(district.people)),
    )  # fmt: skip


def members(district: District, floor: Floor) -> Mask:
    """(N,) who belongs to the group of a floor."""
    register, schools = district.register, district.organizations
    inside = np.ones(len(district.people), bool)
    if floor.school:
        inside &= np.isin(district.school_ids[district.school].astype(str), floor.school)
    if floor.location:
        inside &= schools["location"].isin(floor.location).to_numpy(bool)[district.school]
    if floor.disadvantage_min is not None:
        inside &= district.disadvantage >= floor.disadvantage_min
    for column in ("stage", "ladder_step"):
        if getattr(floor, column):
            inside &= register[column].isin(getattr(floor, column)).to_numpy(bool)
    if floor.subject:
        wanted = set(floor.subject)
        inside &= np.array([bool(wanted & set(split_list(cell))) for cell in register["subject"]], bool)
    return inside
