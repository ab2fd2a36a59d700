"""Self-assessments: the items, what is submitted, and what it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas.feedback_schemas import Id
from api.schemas.wire import Answer, Wire


class ScoreIn(BaseModel):
    """How she rates herself on one item, on the item's scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: Id
    score: float = Field(allow_inf_nan=False)


class SelfAssessmentIn(BaseModel):
    """Her answers; items that she leaves out count as not answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Annotated[tuple[ScoreIn, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.item for one in self.items}) < len(self.items):
            raise ValueError("an item is answered twice")
        return self


class TextOut(Wire):
    """In both languages."""

    zh: str
    en: str


class SelfItemOut(Wire):
    """An item: which competencies it is about, and its scale."""

    item: str
    competency_ids: tuple[str, ...]
    names: tuple[TextOut, ...]
    domain: TextOut
    scale_min: float
    scale_max: float
    choices: tuple[float, ...]
    compared: bool = Field(description="whether there are answers of others on its scale; without them it changes nothing yet")


class SelfAnswerOut(Wire):
    """One answer on its scale."""

    item: str
    score: float
    scale_min: float
    scale_max: float


class KeptSelfAssessmentOut(Wire):
    """A draft, or what was submitted; of a cycle (the year in which its school year began) the newest counts."""

    assessment_id: int
    cycle: int
    state: Literal["draft", "submitted"]
    answers: tuple[SelfAnswerOut, ...]
    at: datetime


class SelfAssessmentFormOut(Answer):
    """The items of her form, at most 24, and what she has answered so far."""

    teacher_id: str
    items: tuple[SelfItemOut, ...]
    draft: KeptSelfAssessmentOut | None
    submitted: tuple[KeptSelfAssessmentOut, ...]


class OwnViewChangeOut(Wire):
    """One competency, in teacher-SD units: points are 50 + 10 x that."""

    competency_id: str
    name_zh: str
    name_en: str
    before: float
    before_sd: float
    after: float
    after_sd: float
    moved: float = Field(description="after - before")
    own_weight: float = Field(
        description="share of her own view in the estimate: by how much it rises if all she says stood for one more SD"
    )
    gap_mean: float
    p_need: float
    expected_gap: float


class SelfAssessmentOut(Answer):
    """Recorded and on disk. counted: whether the estimates already say it; else the next diagnosis will."""

    teacher_id: str
    assessment_id: int | None = Field(description="null for a write sent again after a newer one took its place")
    at: datetime | None
    counted: bool
    changes: tuple[OwnViewChangeOut, ...]


class SelfAssessmentDeletionOut(Wire):
    """How many rows went, drafts included."""

    teacher_id: str
    deleted: int
