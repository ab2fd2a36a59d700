"""Changes of a teacher's abilities between school years."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.wire import Answer, Wire


class CompetencyGrowthOut(Wire):
    """One competency between two school years."""

    competency_id: str
    name_zh: str
    name_en: str
    from_cycle: int = Field(description="the calendar year in which the earlier school year began")
    to_cycle: int
    mean: float = Field(description="of the change, in teacher-SD units")
    sd: float
    reliability: float = Field(description="1 - variance of the change over its variance before any evidence")
    direction: Literal["higher", "lower", "unclear"] = Field(
        description="unclear: the 90% interval holds 0, so the change cannot be told apart from none"
    )
    n_from: int = Field(description="values of the earlier year, on instruments that both years have")
    n_to: int
    sources: tuple[str, ...]
    overall: bool = Field(description="from the first to the last year, where others are listed between")


class GrowthOut(Answer):
    """growth is null where the diagnosis kept nothing to compute it from, or has expired; empty where nothing is comparable."""

    teacher_id: str
    made_up: bool
    growth: tuple[CompetencyGrowthOut, ...] | None
