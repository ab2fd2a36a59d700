"""What a teacher's own view changes: her estimates before and after, at once, by the parameters of the last diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.needs.gap import expected_gap, p_need
from features.needs.model.teacher_posterior import (
    OwnValue,
    PosteriorState,
    TeacherPosterior,
    teacher_posterior,
)
from features.snapshot import Snapshot
from features.tables import Tables
from recommender.records.self_assessment_records import SelfAssessment
from recommender.self_assessments.items import SelfItem, chosen_items, competency_names, items_for

Array = NDArray[np.float64]
PREFIX = "self-assessment:"
"""Begins the survey_id of a self-assessment among the surveys; its number in the records follows."""


@dataclass(frozen=True)
class OwnViewChange:
    """One competency, teacher-SD units: the estimate before and after, its uncertainty, and the weight of her own view in it."""

    competency_id: str
    name_zh: str
    name_en: str
    before: float
    before_sd: float
    after: float
    after_sd: float
    own_weight: float
    gap_mean: float
    p_need: float
    expected_gap: float

    @property
    def moved(self) -> float:
        """By how much."""
        return self.after - self.before


ReadSubmitted = Callable[[str], tuple[SelfAssessment, ...]]
"""What a teacher submitted, newest first, once a cycle."""


def teachers_taken_in(tables: Tables) -> frozenset[str]:
    """Teachers whose self-assessments are among the surveys."""
    surveys = tables["surveys"]
    return frozenset(surveys.loc[surveys["survey_id"].str.startswith(PREFIX).to_numpy(dtype=bool), "teacher_id"])


class OwnView:
    """One teacher's view of herself beside a diagnosis."""

    def __init__(self, snapshot: Snapshot, state: PosteriorState, teacher: int) -> None:
        self._snapshot, self._state, self._teacher = snapshot, state, teacher
        self._needs = snapshot.needs

    @cached_property
    def items(self) -> tuple[SelfItem, ...]:
        """All items that she may answer."""
        return items_for(self._snapshot, self._state, self._teacher)

    def chosen(self) -> tuple[SelfItem, ...]:
        """The items of her form."""
        ids, sd = self._needs.competency_ids, np.asarray(self._needs.sd)[self._teacher]
        return chosen_items(self.items, ids, sd)

    def posterior(self, submitted: Sequence[SelfAssessment]) -> TeacherPosterior:
        """With what counts now, whatever of it the diagnosis knew."""
        known, wanted = self._known, _scores(submitted, self._needs.as_of)
        by_name = {item.item: item for item in self.items}
        changes = [
            OwnValue(item.j, item.standardised(score), age, removed)
            for values, others, removed in ((known, wanted, True), (wanted, known, False))
            for key, (score, age) in values.items()
            if others.get(key) != (score, age) and (item := by_name.get(key[1])) is not None and item.compared
            and item.allows(score)
        ]  # fmt: skip
        return teacher_posterior(self._state, self._teacher, changes)

    def changed_posterior(self, submitted: Sequence[SelfAssessment]) -> TeacherPosterior | None:
        """With what counts now, where it is not what the diagnosis knew; None where it is."""
        changed = _scores(submitted, self._needs.as_of) != self._known
        return self.posterior(submitted) if changed else None

    def changes(self, before: Sequence[SelfAssessment], after: Sequence[SelfAssessment]) -> tuple[OwnViewChange, ...]:
        """From what counted before to what counts after, by competency in the order of the framework."""
        old, new = self.posterior(before), self.posterior(after)
        needs, t = self._needs, self._teacher
        target = np.asarray(needs.gap_mean)[t] + np.asarray(needs.mean)[t]
        gap = target - new.mean
        probability, expected = p_need(gap, new.sd), expected_gap(gap, new.sd)
        names = competency_names(self._snapshot.tables["competencies"])
        changes = []
        for k in np.flatnonzero(needs.applies[t]):
            one = str(needs.competency_ids[k])
            numbers = (old.mean, old.sd, new.mean, new.sd, new.own_weight, gap, probability, expected)
            changes.append(OwnViewChange(one, names[one].zh, names[one].en, *(float(values[k]) for values in numbers)))
        return tuple(changes)

    @cached_property
    def _known(self) -> dict[tuple[str, str], tuple[float, float]]:
        """(survey, item) -> score and age of her self-assessments among the evidence of the diagnosis."""
        surveys = self._snapshot.tables["surveys"]
        hers = surveys[(surveys["teacher_id"] == self._snapshot.teacher_ids[self._teacher])]
        hers = hers[hers["survey_id"].str.startswith(PREFIX)]
        return {
            (str(r.survey_id), str(r.item)): (float(r.mean), _age(r.date.date(), self._needs.as_of))
            for r in hers.itertuples()
        }


def _scores(submitted: Sequence[SelfAssessment], as_of: date) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (f"{PREFIX}{one.assessment_id}", answer.item): (answer.score, _age(one.at.astimezone().date(), as_of))
        for one in submitted
        for answer in one.answers
    }


def _age(day: date, as_of: date) -> float:
    """Years before the date of the diagnosis; what came later counts as of its day."""
    return max((as_of - day).days, 0) / 365.25
