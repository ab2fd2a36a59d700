"""A need as a sentence and as a bar: places on a scale of 20 to 80 points, in percent of its width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.pages.page_words import Words
from recommender.types import Need

LOWEST, HIGHEST = 20.0, 80.0


def place(points: float) -> float:
    """Percent from the left, kept inside the scale."""
    share = (points - LOWEST) / (HIGHEST - LOWEST)
    return round(100 * min(max(share, 0.0), 1.0), 2)


@dataclass(frozen=True)
class NeedBar:
    """What a template draws; whole points for people, percents for the drawing."""

    need: Need
    name: str
    points: int
    low: int
    high: int
    target: int
    x: float
    x_low: float
    x_high: float
    x_target: float
    evidence: str

    @property
    def anchor(self) -> str:
        """Which side of the target mark its words go, so that they stay inside."""
        return "start" if self.x_target < 15 else "end" if self.x_target > 85 else "middle"


def evidence_line(need: Need, as_of: date, t: Words) -> str:
    """How many records of what kind, and when."""
    when = t.month(as_of)
    if set(need.sources) == {"class_results"}:
        return t.counted("pages.teacher_evidence_tests" if need.n_evidence != 1 else "pages.teacher_evidence_test",
                         need.n_evidence, when=when)  # fmt: skip
    return t("pages.teacher_evidence_mixed", n=need.n_evidence, sources=t.names("source", need.sources), when=when)


def need_bar(need: Need, as_of: date, t: Words) -> NeedBar:
    """The bar of one need as it is shown in the reader's language."""
    low, high = need.range_points
    return NeedBar(
        need=need,
        name=need.name_zh if t.lang == "zh" else need.name_en,
        points=round(need.points),
        low=round(low),
        high=round(high),
        target=round(need.target_points),
        x=place(need.points),
        x_low=place(low),
        x_high=place(high),
        x_target=place(need.target_points),
        evidence=evidence_line(need, as_of, t),
    )
