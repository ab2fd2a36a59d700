"""Rows of a list as the places that people see: with their course, reasons and hours."""

from __future__ import annotations

from typing import cast

from features.hours import OwedRule, course_hours, course_last_days
from recommender.lists.catalogue import CourseCatalogue
from recommender.lists.reasons.reason_lines import as_reasons
from recommender.lists.recommend import Lists, Recommender
from recommender.lists.top_lists import Index
from recommender.types import Basis, Recommendation


class ListPlaces:
    """Makes places of the rows that a recommender ranked."""

    def __init__(self, recommender: Recommender, catalogue: CourseCatalogue) -> None:
        self._recommender = recommender
        self._catalogue = catalogue
        self._last_days = course_last_days(recommender.snapshot.tables["courses"])

    def of(self, lists: Lists, rows: Index | range) -> tuple[Recommendation, ...]:
        """The places of one unit; rows: all of its rows in `lists`, in their order."""
        rules: list[OwedRule] | None = None
        if lists.kind == "teacher" and len(rows):
            teacher = self._recommender.snapshot.teacher_ids[lists.rows.unit[rows[0]]]
            rules = self._recommender.writer.owed.rules(str(teacher))
        return tuple(self._place(lists, int(row), rank, rules) for rank, row in enumerate(rows, 1))

    def _place(self, lists: Lists, i: int, rank: int, rules: list[OwedRule] | None) -> Recommendation:
        rows = lists.rows
        index, main = int(rows.course[i]), int(lists.main[i])
        course = self._catalogue.at(index)
        hours = None if rules is None else course_hours(rules, course.category, course.hours, self._last_days[index])
        needs = self._recommender.snapshot.needs
        return Recommendation(
            rank=rank,
            course=course,
            score=float(rows.score[i]),
            gain_mean=float(rows.gain_mean[i]),
            gain_sd=float(rows.gain_sd[i]),
            p_complete=float(rows.p_complete[i]),
            basis=cast(Basis, lists.basis[i]),
            reasons=as_reasons(lists.lines[i]),
            tied_with_previous=bool(lists.tied[i]),
            tied_with_first=bool(lists.tied_with_first[i]),
            need_id=None if main < 0 or lists.basis[i] == "uptake" else needs.competency_ids[main],
            hours=hours,
        )
