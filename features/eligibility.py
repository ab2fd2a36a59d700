"""Who may take which course on a date: the contract's rule of eligibility, in blocks.

A teacher may take a course when all of these hold:

- it is open: start and end each empty or not before the day asked for, as-of by default (courses are judged by that day,
  all that people did by as-of);
- subject and stage match (an empty list admits all; `generalist` among the subjects of a primary teacher matches
  every subject, within the stage; in kindergarten it stands for 学前, elsewhere for nothing);
- ladder bounds: compared within T or within P; a P bound admits principals only, a T bound teachers only,
  an empty step fails a bound;
- all prerequisites were completed by as-of;
- a district's or school's own course is its own teachers': the owner is the provider, or the nearest district
  (school) above it where the provider is a studio or the like;
- the teacher has not completed it before and is not now enrolled; a request alone, a withdrawal, a course not passed and a
  refusal leave it open.

Teachers and courses fall into few kinds, so eligibility is indexed from small tables of kinds; only
history is stored by person, sparsely.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.organizations import Organizations
from features.tables import Tables, split_list

Mask = NDArray[np.bool_]
Index = NDArray[np.intp]
BARRING: Final = ("enrolled", "completed")
OWN_ONLY: Final = ("district", "school")
GENERALIST: Final = "generalist"
KINDERGARTEN: Final = "学前"  # the one subject of that stage


class Eligibility:
    """Eligibility by blocks of teachers, so that a city of 131,000 x 2,000 is never in memory at once."""

    def __init__(self, tables: Tables, as_of: date) -> None:
        """tables: as known at `as_of` (see `Tables.until`)."""
        teachers, courses = tables["teachers"], tables["courses"]
        self._offered, self._as_of = courses, as_of
        self._day: tuple[date, Mask] = as_of, open_courses(courses, as_of)
        self._kind, kinds = _codes(teachers[["role", "stage", "subject", "ladder_step"]])
        self._admits = _content(kinds, courses) & _ladder(kinds, courses)
        self._school, schools = _codes(teachers[["school_id"]])
        self._owns = _owners(tables, schools["school_id"], courses)
        done, barred = _history(tables)
        self._barred = _Sparse(*barred, len(teachers))
        self._has_prerequisites, ready = _prerequisites(tables, done)
        self._ready = _Sparse(*ready, len(teachers))

    def block(self, teachers: NDArray[np.intp], open_on: date | None = None) -> NDArray[np.bool_]:
        """(len(teachers), C): True where the course is open to the teacher on the day `open_on`, as-of by default."""
        admitted = self._admits[self._kind[teachers]] & self._owns[self._school[teachers]]
        admitted &= self._open(open_on or self._as_of)
        if self._has_prerequisites.any():
            ready = np.broadcast_to(~self._has_prerequisites, admitted.shape).copy()
            ready[self._ready.cells(teachers)] = True
            admitted &= ready
        admitted[self._barred.cells(teachers)] = False
        return np.asarray(admitted, dtype=np.bool_)

    def _open(self, on: date) -> Mask:
        day, still_open = self._day
        if day != on:
            still_open = open_courses(self._offered, on)
            self._day = on, still_open  # looked up once a day: every list needs it
        return still_open

    def pairs(self, teachers: NDArray[np.intp], open_on: date | None = None) -> tuple[Index, Index]:
        """(teacher index, course index) of every open pair, in the order of `teachers`, then of courses."""
        row, c = np.nonzero(self.block(teachers, open_on))
        return teachers[row].astype(np.intp), c.astype(np.intp)


class _Sparse:
    """Pairs (teacher, course), indexed by teacher."""

    def __init__(self, t: Index, c: Index, teachers: int) -> None:
        order = np.argsort(t, kind="stable")
        self._c = c[order]
        self._first = np.searchsorted(t[order], np.arange(teachers + 1))

    def cells(self, teachers: Index) -> tuple[Index, Index]:
        """(row, course) of all pairs of a block of teachers; a row is a position in `teachers`."""
        first, count = self._first[teachers], self._first[teachers + 1] - self._first[teachers]
        row = np.repeat(np.arange(len(teachers)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return row, self._c[np.repeat(first, count) + within]


def _codes(frame: pd.DataFrame) -> tuple[Index, pd.DataFrame]:
    """(n,) number of each row's kind, and the kinds."""
    kinds = frame.drop_duplicates(ignore_index=True)
    if not len(frame):
        return np.zeros(0, np.intp), kinds
    code = frame.groupby(list(frame.columns), dropna=False, sort=False).ngroup()
    return np.asarray(code, dtype=np.intp), kinds


def open_courses(courses: pd.DataFrame, on: date) -> Mask:
    """(C,) start and end each empty or not before a day."""
    day = pd.Timestamp(on)
    start, end = courses["start_date"], courses["end_date"]
    return np.asarray(((start.isna() | (start >= day)) & (end.isna() | (end >= day))).to_numpy(dtype=bool))


def effective_subjects(subjects: pd.Series, stages: pd.Series) -> pd.Series:
    """Subjects as eligibility reads them: a generalist teaches all subjects in primary school alone.

    In kindergarten she teaches its one subject (学前); elsewhere `generalist` stands for no subject.
    """
    generalist = subjects.str.contains(GENERALIST, regex=False, na=False) & (stages != "primary")
    if not generalist.any():
        return subjects
    lists = [
        ";".join(KINDERGARTEN if name == GENERALIST and stage == "kindergarten" else name
                 for name in split_list(cell) if name != GENERALIST or stage == "kindergarten")
        for cell, stage in zip(subjects[generalist], stages[generalist], strict=True)
    ]  # fmt: skip
    result = subjects.copy()
    result[generalist] = lists
    return result


def subject_grid(subjects: pd.Series, course_lists: pd.Series) -> Mask:
    """(n, m) whether a teacher's list of subjects (n,) meets a course's (m,); an empty course list always does."""
    row, subject_lists = pd.factorize(subjects, use_na_sentinel=False)
    column, admitted_lists = pd.factorize(course_lists, use_na_sentinel=False)
    grid = np.zeros((len(subject_lists), len(admitted_lists)), dtype=bool)
    admitted = [set(split_list(cell)) for cell in admitted_lists]
    for i, cell in enumerate(subject_lists):
        own = set(split_list(cell))
        grid[i] = [not items or GENERALIST in own or bool(items & own) for items in admitted]
    return grid[np.ix_(row, column)]


def _content(kinds: pd.DataFrame, courses: pd.DataFrame) -> Mask:
    stages = [set(split_list(cell)) for cell in courses["stages"]]
    names, code = np.unique(kinds["stage"].astype(str).to_numpy(dtype=object), return_inverse=True)
    grid = np.array([[not s or name in s for s in stages] for name in names], dtype=bool)
    by_stage = grid.reshape(len(names), len(courses))[code]
    return np.asarray(by_stage & subject_grid(effective_subjects(kinds["subject"], kinds["stage"]), courses["subjects"]))


def _steps(cells: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Number of the step (NaN where empty) and its letter."""
    number = pd.to_numeric(cells.str[1:]).to_numpy(dtype=np.float64)
    return number, cells.str[:1].to_numpy(dtype=object)


def _ladder(kinds: pd.DataFrame, courses: pd.DataFrame) -> Mask:
    number, letter = _steps(kinds["ladder_step"])
    role = kinds["role"].to_numpy(dtype=object)
    admitted = np.ones((len(kinds), len(courses)), dtype=bool)
    for name, sign in (("ladder_min", 1.0), ("ladder_max", -1.0)):
        bound, kind = _steps(courses[name])
        person = np.where(kind == "P", "principal", "teacher")
        meets = sign * (number[:, None] - bound[None, :]) >= 0  # False for an empty step
        meets &= (letter[:, None] == kind[None, :]) & (role[:, None] == person[None, :])
        admitted &= np.isnan(bound)[None, :] | meets
    return admitted


def _owners(tables: Tables, schools: pd.Series, courses: pd.DataFrame) -> Mask:
    """(schools, C)"""
    orgs = Organizations(tables["organizations"], schools, courses["provider_id"])
    school, owner = orgs.places(schools), orgs.places(courses["provider_id"])
    kinds = tables["organizations"].set_index("org_id")["kind"].reindex(orgs.ids).to_numpy(dtype=object)
    allowed = np.ones((len(schools), len(courses)), dtype=bool)
    for level in OWN_ONLY:
        own = np.flatnonzero((courses["owner_level"] == level).to_numpy(dtype=bool))
        chain = orgs.chains[owner[own]] if len(own) else np.zeros((0, 1), np.intp)
        fits = (chain >= 0) & (kinds[chain] == level)
        owners = np.where(fits.any(axis=1), chain[np.arange(len(own)), fits.argmax(axis=1)], owner[own])
        allowed[:, own] = orgs.distance(school[:, None], owners[None, :]) >= 0
    return allowed


def _history(tables: Tables) -> tuple[pd.DataFrame, tuple[Index, Index]]:
    """Completed courses as (t, course_id), and the pairs (t, c) that history bars."""
    taken = tables["enrolments"]
    people = pd.Index(tables["teachers"]["teacher_id"], dtype=object)
    offered = pd.Index(tables["courses"]["course_id"], dtype=object)
    t = people.get_indexer(pd.Index(taken["teacher_id"], dtype=object))
    c = offered.get_indexer(pd.Index(taken["course_id"], dtype=object))
    completed = (taken["status"] == "completed").to_numpy(dtype=bool) & (t >= 0)
    names = taken["course_id"].to_numpy(dtype=object)
    done = pd.DataFrame({"t": t[completed], "course_id": names[completed]})
    barred = taken["status"].isin(BARRING).to_numpy(dtype=bool) & (t >= 0) & (c >= 0)
    return done.drop_duplicates(), (t[barred].astype(np.intp), c[barred].astype(np.intp))


def _prerequisites(tables: Tables, done: pd.DataFrame) -> tuple[Mask, tuple[Index, Index]]:
    """(C,) whether a course has prerequisites, and the pairs (t, c) that meet them all."""
    lists = tables["courses"]["prerequisites"].map(split_list).tolist()
    asks = np.array([bool(items) for items in lists], dtype=bool)
    pairs = [(c, item) for c, items in enumerate(lists) for item in sorted(set(items))]
    first = pd.DataFrame(pairs, columns=["c", "course_id"])
    first["course_id"] = first["course_id"].astype(object)
    met = first.merge(done, on="course_id").groupby(["t", "c"], as_index=False).size()
    required = first.groupby("c").size().reindex(range(len(lists)), fill_value=0).to_numpy()
    complete = met["size"].to_numpy() == required[met["c"].to_numpy(dtype=np.intp)]
    return asks, (met["t"].to_numpy(dtype=np.intp)[complete], met["c"].to_numpy(dtype=np.intp)[complete])
