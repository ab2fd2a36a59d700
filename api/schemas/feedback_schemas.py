"""Feedback on courses and the switch of personalisation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.wire import Wire

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Why = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class FeedbackIn(BaseModel):
    """What a teacher says about a course. reason: why, in her words or as one of the pages' words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher_id: Id
    course_id: Id
    action: Literal["intend", "dismiss", "undo", "complete"]
    reason: Why | None = None


class FeedbackOut(Wire):
    """A recorded event: it is on disk."""

    event_id: int
    teacher_id: str
    course_id: str
    action: Literal["intend", "dismiss", "undo", "complete"]
    reason: str
    at: datetime


class PersonalisationIn(BaseModel):
    """enabled: whether data about her order her list. reason: why, where she wants to say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(strict=True)
    reason: Why | None = None


class PersonalisationOut(Wire):
    """What holds from `at` on."""

    teacher_id: str
    enabled: bool
    at: datetime
