"""From a question (a budget of visits, an organization) to the proposal, and for a school's own office to its list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import DataError, UnknownIdError
from features.messages import message
from features.needs.diagnosis_context import diagnosis_context
from features.needs.evidence.unlinked_classes import unlinked_classes
from features.needs.further_evidence import FurtherEvidence
from features.organizations import Organizations
from recommender.diagnosis import Progress, bilingual
from recommender.lists.recommend import Recommender
from recommender.lists.teacher_choices import TeacherChoices
from recommender.visits.visit_plan import VisitPlan, VisitQuestion, reported_worth, school_visits
from recommender.visits.visit_search import LIST_COLUMNS, VisitSearch
from recommender.visits.visit_values import VisitValues

Index = NDArray[np.intp]


@dataclass(frozen=True)
class VisitAnswer:
    """plan: counts, for offices and pages. rows: LIST_COLUMNS by kind and id, for the school's own file alone; it is empty
    unless one school was asked about."""

    plan: VisitPlan
    rows: pd.DataFrame


def run_visits(
    ready: Recommender, question: VisitQuestion, choices: TeacherChoices, tables: str, progress: Progress = None
) -> VisitAnswer:
    """Raises UnknownIdError for an unknown organization, DataError where nothing was measured or no course can be chosen.

    choices: of all teachers; whoever does not want her data used for advice is left out. tables: their fingerprint.
    """
    snapshot, notify = ready.snapshot, bilingual(progress) or (lambda what, share: None)
    if ready.bundle.objective != "gain":
        raise DataError("visits.no_evidence")
    members = _members(ready, question.org_id)
    index = ready.indexed(choices)
    teachers = members[~np.isin(members, index.unpersonalised)]
    notify(message("visits.step_evidence"), 0.0)
    context = diagnosis_context(snapshot.tables, snapshot.as_of)
    further = FurtherEvidence(context)
    notify(message("visits.step_value"), 0.3)
    values = VisitValues(ready, further, teachers, max(question.open_on, snapshot.as_of), index)
    unlinked = unlinked_classes(snapshot.tables, context.evidence.adjusted)
    schools = ready.school_ids[ready.school_of[members]]
    search = VisitSearch(ready, question, values, unlinked[unlinked["school_id"].isin(schools)])
    notify(message("visits.step_allocation"), 0.8)
    allocation = search.allocation()
    worth, largest = search.worth(allocation)
    one_school = question.org_id in set(ready.school_ids)
    actions, visits = search.actions(allocation)
    school = snapshot.tables["teachers"]["school_id"].to_numpy(dtype=object)
    plan = VisitPlan(
        org_id=question.org_id, budget=question.budget, per_school=question.per_school, kinds=question.kinds,
        as_of=snapshot.as_of, open_on=max(question.open_on, snapshot.as_of), model_version=ready.bundle.version,
        tables=tables, choices=choices.digest(), made_up=snapshot.tables.made_up, people=len(teachers),
        schools=school_visits(school[members], actions, visits, one_school),
        worth=reported_worth(worth, len(teachers), largest),
    )  # fmt: skip
    rows = search.rows(allocation) if one_school else pd.DataFrame(columns=LIST_COLUMNS)
    return VisitAnswer(plan, rows)


def _members(ready: Recommender, org_id: str) -> Index:
    """The teachers of an organization and those below it."""
    tables, teachers = ready.snapshot.tables, ready.snapshot.tables["teachers"]
    if not org_id:
        return np.arange(len(teachers), dtype=np.intp)
    organizations = Organizations(tables["organizations"], teachers["school_id"])
    above = organizations.places(pd.Series([org_id], dtype=object))
    if above[0] < 0:
        raise UnknownIdError("lists.unknown_organization", org_id=org_id)
    return np.flatnonzero(organizations.distance(organizations.places(teachers["school_id"]), above[0]) >= 0)
