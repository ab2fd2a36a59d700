"""The data of one organization's planning problem, before any limit.

Pairs are scored in blocks of teachers; stored of a pair are its gain, its uncertainty and the two needs that it
mainly serves. Loaded once, it serves every question about the organization.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError, UnknownIdError
from features.messages import Message, message
from features.organizations import Organizations
from features.snapshot import Snapshot
from models.bundles.bundle import Bundle
from models.rankers.pair_scores import PairScores
from recommender.planning.problem.candidate_pairs import Array, CandidatePairs, Floats, Index, Mask
from recommender.planning.problem.need_grid import NeedGrid
from recommender.planning.problem.owed_by_category import OwedByCategory, owed_by_category

BLOCK: Final = 2_000  # teachers scored at once
NEEDS: Final = 2  # needs that a pair's worth is spread over


@dataclass(frozen=True)
class District:
    """N teachers of the schools under one organization, C courses of the catalogue.

    people (N,): index into the snapshot's teachers. school (N,): index into `school_ids`. disadvantage (N,):
    of her school, 0 where not recorded. pairs: the objective coefficient is the gain; limits decide what counts.
    estimated_gain (P,): the gains before near-ties were drawn by lot, which leave the process in no file; None where
    `pairs` has them. need_grid: what plans know of needs; None as estimated. refused (P,): she refused this very course
    before. wished (P,): she would like to attend it, None where nobody said so. hours: what rules of hours ask of each
    of them. today: the day for which the plan is made, as-of by default. open_on: the day on which the courses of `pairs`
    are open: today, or as-of where none is open any more.
    """

    org_id: str
    name: str
    made_up: bool
    snapshot: Snapshot
    model_version: str
    effect_ratio: Array
    people: Index
    teacher_ids: NDArray[np.object_]
    school_ids: NDArray[np.object_]
    school: Index
    disadvantage: Array
    pairs: CandidatePairs
    refused: Mask
    hours: OwedByCategory
    estimated_gain: Floats | None = None
    wished: Mask | None = None
    need_grid: NeedGrid | None = None
    today: date | None = None
    open_on: date | None = None

    @cached_property
    def needs(self) -> NeedGrid:
        """Of these people."""
        return self.need_grid or NeedGrid.estimated(self.snapshot.needs, self.people)

    @cached_property
    def courses(self) -> pd.DataFrame:
        """The catalogue, in the order of course indices."""
        return self.snapshot.tables["courses"].reset_index(drop=True)

    @cached_property
    def course_ids(self) -> NDArray[np.object_]:
        """(C,)"""
        return self.snapshot.course_ids

    def number(self, column: str) -> Array:
        """(C,) a column of the catalogue as numbers."""
        return self.courses[column].to_numpy(dtype=np.float64)

    @property
    def dates(self) -> tuple[date, date, date]:
        """Of the data, of the plan, and on which its courses are open."""
        as_of = self.snapshot.as_of
        return as_of, self.today or as_of, self.open_on or self.today or as_of

    @cached_property
    def register(self) -> pd.DataFrame:
        """The teachers table of these people, in their order."""
        return self.snapshot.tables["teachers"].iloc[self.people].reset_index(drop=True)

    @cached_property
    def organizations(self) -> pd.DataFrame:
        """The schools, in the order of `school_ids`; empty cells where one is not registered."""
        table = self.snapshot.tables["organizations"].set_index("org_id")
        return table.reindex(pd.Index(self.school_ids, name="org_id")).reset_index()


def load_district(
    snapshot: Snapshot,
    bundle: Bundle,
    org_id: str,
    made_up: bool,
    progress: Callable[[Message, float], None] | None = None,
    today: date | None = None,
) -> District:
    """today: the day on which the courses must be open, as-of by default; where none is open any more, those of as-of.

    Raises UnknownIdError for an unknown organization, DataError where it has no teachers or no open course.
    """
    tables = snapshot.tables
    orgs = tables["organizations"]
    if org_id not in set(orgs["org_id"]):
        raise UnknownIdError("planning.unknown_organization", org_id=repr(org_id))
    people = _members(snapshot, org_id)
    if not len(people):
        raise DataError("planning.no_teachers", org_id=repr(org_id))
    schools = tables["teachers"]["school_id"].to_numpy(dtype=object)[people]
    school_ids, school = np.unique(schools.astype(str), return_inverse=True)
    lack = orgs.set_index("org_id")["disadvantage"].reindex(school_ids).fillna(0.0).to_numpy(np.float64)
    today = open_on = max(today or snapshot.as_of, snapshot.as_of)
    pairs = _scored(snapshot, bundle, people, open_on, progress)
    if not len(pairs) and today > snapshot.as_of:
        open_on = snapshot.as_of
        pairs = _scored(snapshot, bundle, people, open_on, progress)
    if not len(pairs):
        raise DataError("planning.no_open_course", org_id=repr(org_id))
    effect, effect_sd = bundle.scoring_model.rule.effects(snapshot)
    ratio = np.divide(effect_sd, effect, out=np.zeros_like(effect), where=effect > 0)
    return District(
        org_id=org_id,
        name=str(orgs.set_index("org_id")["name"].get(org_id, org_id)),
        made_up=made_up,
        snapshot=snapshot,
        model_version=bundle.version,
        effect_ratio=ratio,
        people=people,
        teacher_ids=snapshot.teacher_ids[people],
        school_ids=school_ids.astype(object),
        school=school.astype(np.intp),
        disadvantage=lack[school],
        pairs=pairs,
        refused=_refused(snapshot, people, pairs),
        hours=owed_by_category(snapshot, people),
        today=today,
        open_on=open_on,
    )


def _members(snapshot: Snapshot, org_id: str) -> Index:
    """Indices of the teachers in schools under the organization, itself included."""
    teachers = snapshot.tables["teachers"]["school_id"]
    orgs = Organizations(snapshot.tables["organizations"], teachers)
    above = orgs.places(pd.Series([org_id], dtype=object))[0]
    return np.flatnonzero(orgs.distance(orgs.places(teachers), above) >= 0)


def _scored(
    snapshot: Snapshot,
    bundle: Bundle,
    people: Index,
    open_on: date,
    progress: Callable[[Message, float], None] | None,
) -> CandidatePairs:
    scorer = bundle.prepare(snapshot)
    leaves = max(len(snapshot.needs.competency_ids), 1)
    parts: list[tuple[NDArray[np.generic], ...]] = []
    for start in range(0, len(people), BLOCK):
        block = people[start : start + BLOCK]
        t, c = snapshot.eligibility.pairs(block, open_on)
        scores = scorer(t, c)
        terms, leaf = scorer.rule.terms(t, c), scorer.rule.goals.leaf[c]
        local = (np.searchsorted(block, t) + start).astype(np.int32)
        cell, share = _main_needs(terms, leaf, local, leaves)
        parts.append((
            local, c.astype(np.int32), scores.gain_mean.astype(np.float32),
            scores.gain_sd.astype(np.float32), _doubt(scores), cell, share,
        ))  # fmt: skip
        if progress:
            progress(message("planning.step_gains"), min((start + BLOCK) / len(people), 1.0))
    t32, c32, gain, sd, doubt, cell, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    return CandidatePairs(
        len(people), len(snapshot.course_ids), t32, c32, gain, sd, doubt, np.maximum(gain, 0.0), cell, share,
        len(people) * leaves,
    )  # fmt: skip


def _doubt(scores: PairScores) -> NDArray[np.float32]:
    """The sd without the throw whether she completes: var = p (sd^2 + gain^2) - gain^2."""
    square = scores.gain_mean**2
    left = scores.p_complete * (scores.gain_sd**2 + square) - square
    return np.sqrt(np.maximum(left, 0.0)).astype(np.float32)


def _main_needs(
    terms: Array, leaf: Index, local: NDArray[np.int32], leaves: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """(n, G) cells and shares of the needs that add most to each pair; shares sum to 1."""
    width = min(NEEDS, terms.shape[1]) if terms.shape[1] else 0
    if not width:
        return (local * leaves)[:, None], np.ones((len(local), 1), np.float32)
    first = np.argsort(-terms, axis=1, kind="stable")[:, :width]
    size = np.maximum(np.take_along_axis(terms, first, 1), 0.0)
    total = size.sum(axis=1, keepdims=True)
    share = np.divide(size, total, out=np.zeros_like(size), where=total > 0)
    share[total[:, 0] <= 0, 0] = 1.0
    cell = local[:, None] * leaves + np.take_along_axis(leaf, first, 1)
    return cell.astype(np.int32), share.astype(np.float32)


def _refused(snapshot: Snapshot, people: Index, pairs: CandidatePairs) -> Mask:
    taken = snapshot.enrolments
    said_no = taken[(taken["status"] == "refused") & (taken["c"] >= 0)]
    local = np.full(len(snapshot.teacher_ids), -1, np.intp)
    local[people] = np.arange(len(people))
    t, c = local[said_no["t"].to_numpy(np.intp)], said_no["c"].to_numpy(np.intp)
    mask = np.zeros(len(pairs), bool)
    for teacher, course in zip(t[t >= 0], c[t >= 0], strict=True):
        place = pairs.find(int(teacher), int(course))
        if place >= 0:
            mask[place] = True
    return mask
