"""Lines 2 and 4, which depend on the course alone: fit and evidence; and the course's part of line 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from features.disclosure import SCHOOL_MINIMUM, publishable, rounded
from features.messages import BilingualText, Message, message
from features.normal import student_quantile
from features.snapshot import Snapshot
from models.effects.effect_estimates import CourseEffects
from recommender.text import in_both, word
from recommender.text.formats import interval, iso, whole_percents


class CourseFacts(NamedTuple):
    """What line 3 says of the course before and after the part on the teacher's or school's own."""

    form: BilingualText
    terms: BilingualText


class CourseLines:
    """Sentences per course, rendered once for the whole catalogue (fit: once per goal, at first use)."""

    def __init__(
        self, snapshot: Snapshot, competencies: Sequence[BilingualText], estimated: CourseEffects | None = None
    ) -> None:
        """competencies: (K,) names in the order of `snapshot.needs.competency_ids`. estimated: who was compared."""
        courses = snapshot.tables["courses"]
        self._goals = snapshot.goals
        self._units = courses["units"].to_numpy(np.float64)
        self._competencies, self._competency_ids = competencies, snapshot.needs.competency_ids
        self._fits: dict[tuple[int, int], BilingualText] = {}
        self.feasible = [_feasibility(row) for row in courses.to_dict("records")]
        self.evidence = _evidence(snapshot, estimated or CourseEffects())

    def fit(self, course: int, competency: int) -> BilingualText:
        """How much of the course is about `competency` (about its main goal where that is -1)."""
        key = (course, competency)
        if key not in self._fits:
            self._fits[key] = in_both(self._fit(course, competency))
        return self._fits[key]

    def _fit(self, course: int, competency: int) -> Message:
        goals = self._goals[course]
        units = self._units[course]
        if not len(goals) or not goals.max() > 0:
            return message("reasons.goals_unrecorded")
        if competency < 0:
            competency = int(goals.argmax())
        ids = self._competency_ids
        percents = whole_percents({ids[k]: float(goals[k]) for k in np.flatnonzero(goals)})
        name, share = self._competencies[competency], percents.get(ids[competency], 0)
        if np.isnan(units):
            return message("reasons.fit_units_unrecorded", share=share, competency=name)
        return message("reasons.fit", share=share, competency=name, units=units)


def _feasibility(row: Mapping[Any, Any]) -> CourseFacts:
    release = float(row["release_days"])
    form = message(
        "reasons.course_form",
        mode=word("mode", str(row["mode"])),
        hours=float(row["hours"]),
        category=word("category", str(row["category"])),
    )
    terms = message(
        "reasons.course_terms",
        dates=_dates(row["start_date"], row["end_date"]),
        release=message("reasons.release", days=release) if release else message("reasons.no_release"),
        seats=float(row["max_seats"]),
    )
    return CourseFacts(in_both(form), in_both(terms))


def _dates(start: Any, end: Any) -> Message:
    if pd.isna(start) and pd.isna(end):
        return message("reasons.dates_unrecorded")
    return message(
        "reasons.dates",
        start=message("reasons.start_unrecorded") if pd.isna(start) else iso(start),
        end=message("reasons.end_unrecorded") if pd.isna(end) else iso(end),
    )


def _evidence(snapshot: Snapshot, estimated: CourseEffects) -> list[BilingualText]:
    """Mean change among past learners with scores before and after, with its 90% interval, and with how many others they
    were compared.

    Nothing about fewer than SCHOOL_MINIMUM learners. Mean and interval are in steps no finer than what one learner can
    contribute to them, so that the next result of a colleague does not follow from the line before and after it.
    """
    enrolments = snapshot.tables["enrolments"]
    has_scores = enrolments["score"].notna() & enrolments["pre_score"].notna()
    completed = enrolments[(enrolments["status"] == "completed") & has_scores]
    change = (completed["score"] - completed["pre_score"]).groupby(completed["course_id"])
    summary = change.agg(["size", "mean", "std"]).reindex(snapshot.course_ids)
    largest = float(change.transform(lambda one: one.abs().max()).max()) if len(completed) else 0.0
    return [
        in_both(_change(n, mean, sd, largest, _comparison(estimated, str(course))))
        for course, (n, mean, sd) in zip(snapshot.course_ids, summary.to_numpy(np.float64), strict=True)
    ]


def _comparison(estimated: CourseEffects, course_id: str) -> Message:
    """With how many who did not take the course its takers were compared, and what that left."""
    row = estimated.courses.get(course_id)
    if row is None or row[3] == 0:
        return message("reasons.comparison_none")
    if not publishable(row[3], SCHOOL_MINIMUM):
        return message("reasons.comparison_few")
    return message("reasons.comparison", n=row[3], claim=message(f"reasons.comparison_{row[4]}"))


def _change(n: float, mean: float, sd: float, largest: float, comparison: Message) -> Message:
    """largest: the largest change of any learner of any course, in points. The interval is Student's: n may be small."""
    limits = message("reasons.evidence_limits", comparison=comparison)
    if np.isnan(n):
        return message("reasons.evidence_unrecorded", limits=limits)
    if not publishable(int(n), SCHOOL_MINIMUM):
        return message("reasons.evidence_few", limits=limits)
    half = float(student_quantile(0.95, n - 1)) * sd / np.sqrt(n)
    mean, low, high = (rounded(value, largest / n) for value in (mean, mean - half, mean + half))
    span = message("reasons.change_interval", interval=interval(low, high, 1))
    direction = message("reasons.higher") if mean >= 0 else message("reasons.lower")
    return message("reasons.evidence", n=n, direction=direction, points=abs(mean), interval=span, limits=limits)
