"""Courses as the interface answers them."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import field_validator

from api.schemas.wire import Answer, Wire


class GoalOut(Wire):
    """A competency the course is for."""

    competency_id: str
    name_zh: str
    name_en: str
    weight: float


class CourseOut(Wire):
    """One row of the catalogue; null where the tables hold nothing. Money in yuan, release in days."""

    course_id: str
    title: str
    provider_id: str
    provider_name: str
    owner_level: str
    subjects: tuple[str, ...]
    stages: tuple[str, ...]
    mode: str
    form: str
    hours: float
    category: str
    fixed_cost: float
    seat_cost: float
    min_seats: int
    max_seats: int
    release_days: float
    start_date: date | None
    end_date: date | None
    units: int | None
    description: str | None
    goals: tuple[GoalOut, ...]

    @field_validator("goals", mode="before")
    @classmethod
    def _name_goals(cls, goals: Any) -> Any:
        return [dict(zip(GoalOut.model_fields, g, strict=True)) if isinstance(g, tuple) else g for g in goals]


class CoursePageOut(Answer):
    """A slice of the catalogue; send `cursor` back for the next one."""

    courses: tuple[CourseOut, ...]
    cursor: str | None
    total: int
