"""A finished plan as its page shows it: rows with words and places on scales, nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.pages.page_words import Words
from recommender.types import PlanStatus

SHOWN = 8  # prices before the rest is folded away


@dataclass(frozen=True)
class LineRow:
    """An opened course."""

    course_id: str
    title: str
    seats: int
    cost: str
    gain: str | None
    share: float
    firm: str | None


@dataclass(frozen=True)
class Step:
    """A budget and what it brings; share of the largest gain, in percent."""

    label: str
    said: str
    share: float
    here: bool


@dataclass(frozen=True)
class Pair:
    """A floor: two places on one scale, in percent; None where a group is too small."""

    label: str
    said: str
    weak: float | None
    other: float | None


@dataclass(frozen=True)
class PlanView:
    """Everything a template needs."""

    summary: dict[str, Any]
    said: tuple[str, ...]
    gap: str
    lines: tuple[LineRow, ...]
    prices: tuple[str, ...]
    more_prices: tuple[str, ...]
    frontier: tuple[Step, ...]
    equity: tuple[Pair, ...]
    brief: tuple[tuple[str, str, str], ...]
    limits: str

    @classmethod
    def of(cls, status: PlanStatus, t: Words) -> PlanView:
        """In the reader's language."""
        told = status.summary or {}
        tables = status.tables
        titles = {row["course_id"]: row for row in tables.get("stability", ())}
        prices = tuple(row[t.lang] for row in tables.get("prices", ()))
        gap = told.get("gap")
        return cls(
            summary=told,
            said=tuple(line[t.lang] for line in told.get("sentences", ())),
            gap="–" if gap is None or told.get("status") == "infeasible" else f"{max(float(gap), 1e-4):.2%}",
            lines=_lines(tables.get("lines", ()), titles, t),
            prices=prices[:SHOWN],
            more_prices=prices[SHOWN:],
            frontier=_frontier(tables.get("frontier", ()), status.budget, t),
            equity=_equity(tables.get("equity", ()), t),
            brief=tuple(
                (row["name_zh"] if t.lang == "zh" else row["name_en"], t.name("stage", row["stage"]),
                 t("pages.plan_brief_line", needing=row["needing"], unserved=row["no_course"]))
                for row in tables.get("brief", ())
            ),
            limits="; ".join(f"{key} = {value}" for key, value in status.limits.items()) or t("pages.plan_no_limits"),
        )  # fmt: skip


def _lines(
    rows: tuple[dict[str, str], ...], firm: dict[str, dict[str, str]], t: Words
) -> tuple[LineRow, ...]:
    largest = max((_float(row["expected_gain"]) or 0.0 for row in rows), default=0.0)
    result = []
    for row in sorted(rows, key=lambda r: (-(_float(r["expected_gain"]) or 0.0), r["course_id"])):
        gain = _float(row["expected_gain"])
        band = firm.get(row["course_id"], {}).get("band")
        result.append(
            LineRow(
                row["course_id"], row.get("title", ""), int(float(row["seats"])), f"{float(row['cost']):,.0f}",
                None if gain is None else f"{gain:.2f}", 100 * (gain or 0.0) / largest if largest > 0 else 0.0,
                t.name("plan", band) if band else None,
            )
        )  # fmt: skip
    return tuple(result)


def _frontier(rows: tuple[dict[str, str], ...], budget: float, t: Words) -> tuple[Step, ...]:
    largest = max((float(row["expected_gain"]) for row in rows), default=0.0)
    return tuple(
        Step(
            f"{float(row['budget']):,.0f}",
            t("pages.plan_frontier_gain", gain=f"{float(row['expected_gain']):.1f}", seats=f"{int(row['seats']):,}",
              needs=f"{int(row['needs_covered']):,}"),
            100 * float(row["expected_gain"]) / largest if largest > 0 else 0.0,
            abs(float(row["budget"]) - budget) < 0.5,
        )
        for row in rows
    )  # fmt: skip


def _equity(rows: tuple[dict[str, str], ...], t: Words) -> tuple[Pair, ...]:
    values = [_float(row[name]) for row in rows for name in ("weaker_gain_each", "other_gain_each")]
    largest = max((value for value in values if value is not None), default=0.0) * 1.1

    def place(value: float | None) -> float | None:
        return None if value is None or largest <= 0 else round(100 * value / largest, 2)

    result = []
    for row in rows:
        weak, other = _float(row["weaker_gain_each"]), _float(row["other_gain_each"])
        result.append(
            Pair(
                t("pages.plan_equity_row", floor=f"{float(row['floor_share']):.0%}"),
                t("pages.plan_equity_gain", gain=f"{float(row['expected_gain']):.1f}", weak=row["weaker_teachers"],
                  weak_each=_three(weak), other=row["other_teachers"], other_each=_three(other)),
                place(weak), place(other),
            )
        )  # fmt: skip
    return tuple(result)


def _three(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _float(cell: str) -> float | None:
    return float(cell) if cell else None
