"""A need as a sentence and as a bar: places on a scale of 20 to 80 points, in percent of its width."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import floor

from api.pages.page_words import Words
from recommender.text.catalogues import has
from recommender.types import Need

LOWEST, HIGHEST = 20.0, 80.0
TARGETS = ("ladder_step", "stage", "subject")  # whose target it is, in the order of the sentence


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
    reliability: str
    x: float
    x_low: float
    x_high: float
    x_target: float
    evidence: str
    target_of: str

    @property
    def anchor(self) -> str:
        """Which side of the target mark its words go, so that they stay inside."""
        return "start" if self.x_target < 15 else "end" if self.x_target > 85 else "middle"


def evidence_line(need: Need, as_of: date, t: Words) -> str:
    """Of a teacher: her records of what kind, and when the newest was made. Of a group: how many values, known when."""
    if need.latest_on is not None:
        records = t("pages.site_separator").join(_records(name, n, t) for name, n in need.records)
        return t("pages.teacher_evidence", records=records, when=t.month(need.latest_on))
    if need.estimate_from == "own_other":
        return t("pages.evidence_other")
    if not need.n_evidence:
        return t("pages.my_data_nothing")
    return t.counted("pages.group_evidence", need.n_evidence, sources=t.names("source", need.sources), when=t.day(as_of))


def _records(source: str, n: int, t: Words) -> str:
    """2 observed lessons; a source without words of its own is counted under its name."""
    code = f"pages.records_{source}"
    return t.counted(code, n) if has(code) else t.counted("pages.records_other", n, source=t.name("source", source))


def target_line(need: Need, t: Words) -> str:
    """Whose target it is: of her step, stage or subject where that row of the targets holds, else of everybody."""
    names = [t(f"pages.target_{name}") for name in TARGETS if name in need.target_of]
    return t("pages.target_of", whose=t("pages.target_and").join(names)) if names else t("pages.target_plain")


def need_bar(need: Need, as_of: date, t: Words) -> NeedBar:
    """The bar of one need as it is shown in the reader's language."""
    low, high = need.range_points
    whole = need.whole_points
    return NeedBar(
        need=need,
        name=need.name_zh if t.lang == "zh" else need.name_en,
        points=whole.estimate,
        low=whole.low,
        high=whole.high,
        target=whole.target,
        reliability=f"{floor(100 * need.reliability + 1e-9) / 100:.2f}",  # rounded down: 0.299 is below 0.30
        x=place(need.points),
        x_low=place(low),
        x_high=place(high),
        x_target=place(need.target_points),
        evidence=evidence_line(need, as_of, t),
        target_of=target_line(need, t),
    )
