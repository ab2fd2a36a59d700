"""A version as its manifest describes it: what was decided, measured and compared when it was trained.

The manifest is signed and holds aggregates only. What versions trained by an earlier program did not store yet is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isnan, nan
from typing import Any, Final

from features.messages import BilingualText
from models.evaluation.calibration import CalibrationGroup
from models.evaluation.list_metrics import CUTOFF, MetricRow
from models.evaluation.parts import PartRow

MAIN: Final = f"ndcg@{CUTOFF}"
RANKED_BY_SCORER: Final = {"need_rule": "served", "uptake": "served", "ranker": "ranker"}
"""What ranks in a version -> the scorer of the evaluation that ranked the same way."""
BOUNDS: Final = ("value", "low", "high", "difference", "difference_low", "difference_high", "p")


@dataclass(frozen=True)
class Condition:
    """One condition of the promotion gate and its figures in words."""

    holds: bool
    finding: BilingualText


@dataclass(frozen=True)
class VersionSummary:
    """verdict: of the gate, None where it was not stored. held_out: kind, how many, of how many. rows: every scorer and
    metric with its interval. tables: fingerprint of the data it was trained on."""

    version: str
    created: datetime
    as_of: date
    objective: str
    ranked_by: str
    made_up: bool
    tables: str
    seed: int
    counts: Mapping[str, int]
    labels: int
    held_out: tuple[str, int, int]
    verdict: BilingualText | None
    conditions: tuple[Condition, ...]
    rows: tuple[MetricRow, ...]
    parts: tuple[PartRow, ...]
    calibration: tuple[CalibrationGroup, ...]

    @property
    def main(self) -> MetricRow | None:
        """NDCG@10 on observed labels of what ranks in this version; None where nothing could be evaluated."""
        scorer = RANKED_BY_SCORER[self.ranked_by]
        return next((r for r in self.rows if (r.test, r.metric, r.scorer) == ("observed", MAIN, scorer)), None)


def summary_of(manifest: Mapping[str, Any]) -> VersionSummary:
    """From a manifest whose signature was verified."""
    out, verdict = manifest["held_out"], manifest.get("verdict")
    return VersionSummary(
        version=manifest["version"],
        created=datetime.fromisoformat(manifest["created"]),
        as_of=date.fromisoformat(manifest["as_of"]),
        objective=manifest["objective"],
        ranked_by=manifest["ranked_by"],
        made_up=manifest["made_up"],
        tables=manifest["data"],
        seed=manifest["seed"],
        counts={name: manifest[name] for name in ("teachers", "schools", "courses", "enrolments")},
        labels=manifest["labels"],
        held_out=(out["kind"], out["units"], out["total"]),
        verdict=None if verdict is None else BilingualText(verdict["zh"], verdict["en"]),
        conditions=tuple(
            Condition(bool(c["holds"]), BilingualText(c["zh"], c["en"])) for c in manifest.get("conditions", ())
        ),
        rows=tuple(_row(row) for row in manifest["metrics"]),
        parts=tuple(PartRow(**row) for row in manifest.get("parts", ())),
        calibration=tuple(CalibrationGroup(**row) for row in manifest.get("calibration", ())),
    )


def _row(row: Mapping[str, Any]) -> MetricRow:
    return MetricRow(**{**row, **{name: nan if row.get(name) is None else row[name] for name in BOUNDS}})


@dataclass(frozen=True)
class VersionDifference:
    """NDCG@10 of one version less that of another, each as a difference to the same rival on its own test set.

    low, high: 95%, as if the two test sets had nothing in common; where both versions were judged on the same lists the
    true interval is no wider. None where one of them has none. same_data: both were trained and judged on the same
    tables with the same split.
    """

    rival: str
    value: float
    low: float | None
    high: float | None
    same_data: bool


def version_difference(one: VersionSummary, other: VersionSummary) -> VersionDifference | None:
    """None where they have no common rival: different objectives, or nothing was evaluated.

    Variances of independent differences add: Newcombe's (1998) combination of two intervals, side by side.
    """
    a, b = one.main, other.main
    if a is None or b is None or a.rival != b.rival or one.objective != other.objective:
        return None
    value = a.difference - b.difference
    same = (one.tables, one.seed, one.held_out) == (other.tables, other.seed, other.held_out)
    bounds = (a.difference_low, a.difference_high, b.difference_low, b.difference_high)
    if any(isnan(bound) for bound in bounds):
        return VersionDifference(a.rival, value, None, None, same)
    down = _length(a.difference - a.difference_low, b.difference_high - b.difference)
    up = _length(a.difference_high - a.difference, b.difference - b.difference_low)
    return VersionDifference(a.rival, value, value - down, value + up, same)


def _length(*sides: float) -> float:
    return float(sum(side**2 for side in sides) ** 0.5)


def metrics_of(rows: Sequence[MetricRow], test: str, metric: str) -> tuple[MetricRow, ...]:
    """Rows of one test and metric, best first."""
    return tuple(sorted((r for r in rows if (r.test, r.metric) == (test, metric)), key=lambda r: -r.value))
