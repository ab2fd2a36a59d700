"""Proposals for those who organise training: without a need or gain beside a person."""

from __future__ import annotations

from recommender.text.formats import whole_percents
from recommender.types import Advice, Course, Reason, Recommendation


def open_reasons(recommendation: Recommendation) -> tuple[Reason, ...]:
    """Fit and feasibility, for those who organise training.

    The fit is worded from the catalogue alone: the line for the person herself names the need it answers.
    """
    feasible = tuple(reason for reason in recommendation.reasons if reason.kind == "feasible")
    return (_fit(recommendation.course), *feasible)


def _fit(course: Course) -> Reason:
    percents = whole_percents({goal[0]: goal[3] for goal in course.goals})
    if not percents:
        return Reason("fit", "课程目标：未记录。", "Goals of the course: not recorded.")
    goals = sorted(course.goals, key=lambda goal: (-goal[3], goal[0]))
    zh = "、".join(f"「{goal[1]}」{percents[goal[0]]}%" for goal in goals)
    en = ", ".join(f"“{goal[2]}” {percents[goal[0]]}%" for goal in goals)
    return Reason("fit", f"课程目标：{zh}。", f"Goals of the course: {en}.")


def proposal_order(advice: Advice) -> tuple[Recommendation, ...]:
    """A person's proposals by title: the order of the list would tell what she lacks most."""
    if advice.unit_kind == "school":
        return advice.recommendations
    return tuple(
        sorted(advice.recommendations, key=lambda place: (place.course.title, place.course.course_id))
    )
