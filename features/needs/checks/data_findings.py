"""Findings about the data: whom evidence covers, how old it is, what is not comparable, what was not used.

Rules of thumb: a group is poorly covered where under half of its (teacher, competency) pairs have evidence from another
person; evidence is old from a median age of eighteen months.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from features.disclosure import DISTRICT_MINIMUM
from features.messages import message
from features.needs.checks.check_results import CheckResults
from features.needs.checks.coverage import EXPIRED
from features.needs.checks.data_gaps import MIN_DOUBLY_RATED
from features.needs.checks.finding import DiagnosisFinding
from features.needs.checks.finding_messages import (
    group_name,
    indicator_list,
    source_name,
    unused_name,
)

MAX_LISTED: Final = 5  # unused indicators named in a sentence
MAX_KINDS: Final = 3  # of rows left out, named in a sentence


def coverage(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """How many pairs have evidence from another person, and which groups have little."""
    rows = results.coverage
    for direct in rows.loc[rows["by"] == "all", "direct"]:
        if direct >= 0.8:
            yield DiagnosisFinding("reach", "trust", message("checks.reach", share=float(direct)))
    poor = rows[(rows["direct"] < 0.5) | (rows["thin"] > 0.5)]
    if len(poor):
        yield DiagnosisFinding(
            "reach_poor", "care",
            message("checks.reach_poor", groups=[group_name(group) for group in poor["group"]]),
            message("checks.reach_poor_action"),
        )  # fmt: skip


def age(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Sources whose evidence is mostly old."""
    old = results.age[results.age["median"] > EXPIRED]
    if len(old):
        yield DiagnosisFinding(
            "old", "care", message("checks.old", sources=[source_name(source) for source in old["source"]]),
            message("checks.old_action"),
        )  # fmt: skip


def comparability(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Instruments that changed between waves."""
    if len(results.comparability):
        yield DiagnosisFinding(
            "not_comparable", "stop", message("checks.not_comparable", count=len(results.comparability)),
            message("checks.not_comparable_action"),
        )  # fmt: skip


def unused(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Indicators without a competency, and pairs of dimensions without a covariance."""
    gaps = results.gaps
    if gaps.unused:
        listed, others = indicator_list(gaps.unused[:MAX_LISTED]), len(gaps.unused) - MAX_LISTED
        statement = (
            message("checks.unused_and_more", indicators=listed, count=len(gaps.unused), others=others)
            if others > 0
            else message("checks.unused", indicators=listed)
        )
        yield DiagnosisFinding("unused", "care", statement, message("checks.unused_action"))
    if gaps.bounded:
        yield DiagnosisFinding(
            "bounded", "care", message("checks.bounded", count=gaps.bounded), message("checks.bounded_action")
        )


def left_out(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Rows of evidence that are not used until somebody mends the data; the kinds with most rows by name."""
    rows = results.left_out
    if len(rows):
        kinds = (
            rows.groupby("kind")["count"].sum().sort_values(ascending=False, kind="stable").index[:MAX_KINDS]
        )
        yield DiagnosisFinding(
            "left_out", "care",
            message("checks.left_out", count=int(rows["count"].sum()), kinds=[unused_name(kind) for kind in kinds]),
            message("checks.left_out_action"),
        )  # fmt: skip


def priors(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Loadings that are priors, not estimates."""
    sources = [source_name(source) for name, source in results.gaps.priors if name == "loading"]
    if sources:
        yield DiagnosisFinding(
            "priors", "care", message("checks.priors", sources=sources), message("checks.priors_action")
        )


def raters(results: CheckResults) -> Iterator[DiagnosisFinding]:
    """Whether raters' severity is identified: by teachers observed by two raters, and by links between raters."""
    gaps = results.gaps
    if gaps.observed < DISTRICT_MINIMUM:
        return
    if gaps.doubly_rated < MIN_DOUBLY_RATED:
        yield DiagnosisFinding("raters", "care", message("checks.raters"), message("checks.raters_action"))
    elif gaps.linked < 0.5:
        # a share of fewer than ten raters would be a number about them
        statement = (
            message("checks.raters_apart_share", share=gaps.linked)
            if gaps.raters >= DISTRICT_MINIMUM
            else message("checks.raters_apart")
        )
        yield DiagnosisFinding("raters_apart", "care", statement, message("checks.raters_apart_action"))


RULES: Final = (coverage, age, comparability, unused, left_out, priors, raters)
