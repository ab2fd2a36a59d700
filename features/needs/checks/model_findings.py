"""Findings about the model: is there enough evidence, are intervals calibrated, do sources agree, do needs follow
intake, do other specifications give the same result?

Rules of thumb: a slope is off when it is more than .3 and two standard errors from 1; intervals are off at more than 3
points from 80 or 90%, or 5 where that is within chance, and at more than 5 from 50%, which coarse scales distort; a
correlation with intake matters from .2; another specification matters when more than a tenth of bands change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from features.messages import message
from features.needs.checks.check_results import CheckResults
from features.needs.checks.cross_source_prediction import LEVELS, MISFIT_SLOPE, MISFIT_Z, misfit
from features.needs.checks.finding import DiagnosisFinding, records
from features.needs.checks.finding_messages import (
    indicator_list,
    intake_name,
    source_name,
    specification_name,
)
from features.needs.evidence.sources.source_registry import indirect_names

MIN_RELIABILITY: Final = 0.5  # from which single people can be distinguished
TOLERANCE, MAX_TOLERANCE = 0.03, 0.05  # of the coverage of intervals
WIDE_LEVELS: Final = (80, 90)  # narrower intervals depend on how coarse a scale is
MIN_CORRELATION: Final = 0.2
MAX_CHANGED: Final = 0.10
MAX_LISTED: Final = 5  # indicators named in a sentence


def evidence(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Whether there is evidence from another person, and the mean reliability."""
    if results.without_evidence:
        count = int(results.left_out["count"].sum())
        yield DiagnosisFinding(
            "no_evidence", "stop",
            message("checks.no_evidence_usable", count=count) if count else message("checks.no_evidence"),
            message("checks.no_evidence_action"),
        )  # fmt: skip
        return
    rows = results.reliability[results.reliability["competency_id"] == "all"]
    if rows["source"].isin(list(indirect_names())).all():
        yield DiagnosisFinding(
            "indirect_only", "stop", message("checks.indirect_only"), message("checks.indirect_only_action")
        )
    value = float(rows["whole"].iloc[0])
    if value >= MIN_RELIABILITY:
        yield DiagnosisFinding("reliability", "trust", message("checks.reliability", value=value))
    elif value < MIN_RELIABILITY:
        yield DiagnosisFinding(
            "reliability_low", "care", message("checks.reliability_low", value=value),
            message("checks.reliability_low_action"),
        )  # fmt: skip


def calibration(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Whether predictive intervals cover the share of values that they should."""
    rows = results.predictions.sources
    pooled = rows[rows["source"] == "all"]
    if not len(pooled):
        yield DiagnosisFinding(
            "not_checked", "care", message("checks.not_checked"), message("checks.not_checked_action")
        )
        return
    row = pooled.iloc[0]
    covered = {f"cover{level}": float(row[f"cover{level}"]) for level in LEVELS}
    off = {level: covered[f"cover{level}"] - level / 100 for level in LEVELS}
    bound = {
        level: max(TOLERANCE, min(2 * float(row[f"cover{level}_se"]), MAX_TOLERANCE)) for level in LEVELS
    }
    narrow_off = abs(off[50]) > max(bound[50], MAX_TOLERANCE)
    if narrow_off or any(abs(off[level]) > bound[level] for level in WIDE_LEVELS):
        direction = "narrow" if sum(off.values()) < 0 else "wide"
        statement = message(f"checks.ranges_{direction}", **covered)
        yield DiagnosisFinding(f"ranges_{direction}", "care", statement, message("checks.ranges_action"))
    else:
        yield DiagnosisFinding("ranges", "trust", message("checks.ranges", **covered))


def sources(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Sources whose values do not follow the predictions from the other sources."""
    rows = results.predictions.sources
    rows = rows[rows["source"] != "all"]
    ordered = rows.assign(off=misfit(rows)).sort_values("off", ascending=False, kind="stable")
    bad = ordered[ordered["off"] > 2]
    for row in records(bad):
        code = f"checks.source_misfit_{'low' if row['slope'] < 1 else 'high'}"
        yield DiagnosisFinding(
            f"source_misfit:{row['source']}", "care",
            message(code, source=source_name(row["source"]), slope=row["slope"]), message(f"{code}_action"),
        )  # fmt: skip
    if len(rows) and not len(bad):
        yield DiagnosisFinding("sources_agree", "trust", message("checks.sources_agree"))


def indicators(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Indicators that hardly follow the predictions from the other sources."""
    rows = results.predictions.indicators
    rows = rows.assign(off=misfit(rows))
    bad = rows[(rows["off"] > MISFIT_Z) & (rows["slope"] < 1 - MISFIT_SLOPE)]
    if len(bad):
        worst = bad.sort_values("off", ascending=False, kind="stable").head(MAX_LISTED)
        named = list(zip(worst["source"], worst["indicator"], strict=True))
        yield DiagnosisFinding(
            "indicator_misfit", "care", message("checks.indicator_misfit", indicators=indicator_list(named)),
            message("checks.indicator_misfit_action"),
        )  # fmt: skip


def intake(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Whether schools' needs are correlated with their intake."""
    rows = results.intake_bias.rows
    rows = rows[(rows["what"] == "need") & (rows["unit"] == "school")]
    if not len(rows):
        yield DiagnosisFinding(
            "neutrality_unknown", "care", message("checks.neutrality_unknown"),
            message("checks.neutrality_unknown_action"),
        )  # fmt: skip
    for row in records(rows):
        yield _correlation_with_intake(row)


def _correlation_with_intake(row: dict[str, Any]) -> DiagnosisFinding:
    subject, values = row["intake"], {key: row[key] for key in ("r", "low", "high")}
    size = min(abs(row["low"]), abs(row["high"])) if row["low"] * row["high"] > 0 else 0.0
    values |= {"intake": intake_name(subject)}
    if size > MIN_CORRELATION:
        return DiagnosisFinding(
            f"not_neutral:{subject}", "stop", message("checks.not_neutral", **values),
            message("checks.not_neutral_action"),
        )  # fmt: skip
    if size > 0:
        return DiagnosisFinding(
            f"slightly:{subject}", "care", message("checks.slightly", **values),
            message("checks.compare_schools_action"),
        )  # fmt: skip
    if max(abs(row["low"]), abs(row["high"])) <= 2 * MIN_CORRELATION:
        return DiagnosisFinding(f"neutral:{subject}", "trust", message("checks.neutral", **values))
    return DiagnosisFinding(
        f"neutrality_unsure:{subject}", "care", message("checks.neutrality_unsure", **values),
        message("checks.compare_schools_action"),
    )  # fmt: skip


def specification(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Whether bands and order depend on the specification of the model."""
    alternatives = results.sensitivity
    together = alternatives["specification"] == "all_together"
    for row in records(alternatives[together & alternatives["rank_agreement"].notna()]):
        values = {"agreement": row["rank_agreement"], "changed": row["changed"]}
        if row["rank_agreement"] >= 0.9 and row["changed"] <= MAX_CHANGED:
            yield DiagnosisFinding("specification", "trust", message("checks.specification", **values))
            continue
        largest = alternatives[~together].sort_values("changed", ascending=False, kind="stable").iloc[0]
        values |= {"largest": specification_name(str(largest["specification"]))}
        yield DiagnosisFinding(
            "specification_matters", "care", message("checks.specification_matters", **values),
            message("checks.specification_matters_action"),
        )  # fmt: skip


RULES: Final = (evidence, calibration, sources, indicators, intake, specification)
