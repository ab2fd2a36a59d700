"""Coverage of evidence by group and source, and its age."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.context import DiagnosisContext
from features.needs.checks.source_reliability import MIN_PEOPLE, REPORTED_SOURCE
from features.needs.evidence.evidence_coverage import NAMES
from features.needs.evidence.standardized_evidence import YEAR
from features.needs.needs import Needs

Index = NDArray[np.intp]
OTHER_GROUPS: Final = "others"
EXPIRED: Final = 1.5  # years after which evidence counts as old
DIRECT: Final = tuple(n for n in NAMES if n not in ("monitoring", "self_report"))


def coverage_by_group(context: DiagnosisContext, needs: Needs) -> pd.DataFrame:
    """Rows by (all/district/stage), group, people, cells, any, direct, thin, and a share for each source.

    any: share of teachers with any evidence other than their schools' monitoring; direct: share of (teacher,
    competency) with evidence from another person; thin: share in the band `thin` (too little evidence); sources: share
    of teachers with evidence of each. Groups of fewer than MIN_PEOPLE are merged as `others`.
    """
    rows = needs.report[needs.report["unit_kind"] == "teacher"]
    t = pd.Index(needs.teacher_ids).get_indexer(pd.Index(rows["unit_id"]))
    code, combinations = pd.factorize(rows["sources"])
    contains = np.zeros((len(combinations), len(NAMES)), dtype=bool)
    for i, text in enumerate(combinations):
        contains[i] = np.isin(NAMES, text.split(";"))
    has_source: NDArray[np.bool_] = contains[code]
    thin = (rows["band"] == "thin").to_numpy()
    direct = has_source[:, np.isin(NAMES, DIRECT)].sum(axis=1) > 0
    anything = has_source[:, np.isin(NAMES, ["monitoring"], invert=True)].sum(axis=1) > 0
    tables, tree = context.tables, context.hierarchy.tree
    district = context.hierarchy.district_ids[tree.district[tree.school]]
    names = tables["organizations"].drop_duplicates("org_id").set_index("org_id")["name"]
    district_names = np.asarray([names.get(one, one) for one in district], dtype=object)
    stage = tables["teachers"]["stage"].fillna("").to_numpy(dtype=object)
    everyone = np.full(len(needs.teacher_ids), "all", dtype=object)
    result = []
    for by, group in (("all", everyone), ("district", district_names), ("stage", stage)):
        merged = merge_small_groups(group)
        for name in sorted(set(merged) - {""}):
            people = np.flatnonzero(merged == name)
            in_group = np.isin(t, people)
            if not in_group.any():
                continue
            covered = len(np.unique(t[in_group & anything])) / len(people)
            sources = {
                source: len(np.unique(t[in_group & has_source[:, i]])) / len(people)
                for i, source in enumerate(NAMES)
            }
            shares = {
                "any": covered,
                "direct": float(direct[in_group].mean()),
                "thin": float(thin[in_group].mean()),
            }
            result.append(
                {"by": by, "group": name, "people": len(people), "cells": int(in_group.sum())}
                | shares
                | sources
            )
    columns = ["by", "group", "people", "cells", "any", "direct", "thin", *NAMES]
    return pd.DataFrame(result, columns=columns)


def merge_small_groups(group: NDArray[np.object_], minimum: int = MIN_PEOPLE) -> NDArray[np.object_]:
    """Labels (N,) with groups of fewer than `minimum` members merged as OTHER_GROUPS; "" where even these are too few.

    A single small group is merged with the next smallest, so that its numbers do not follow by subtraction.
    """
    names, index, size = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(size, kind="stable")
    merged = int((size < minimum).sum())
    while 0 < merged < len(order) and size[order[:merged]].sum() < minimum:
        merged += 1
    labels = names.astype(object)
    labels[order[:merged]] = OTHER_GROUPS
    if merged and size[order[:merged]].sum() < minimum:
        labels[order[:merged]] = ""
    return np.asarray(labels[index], dtype=object)


def evidence_age(context: DiagnosisContext) -> pd.DataFrame:
    """Rows source, people, values, youngest tenth, median and oldest tenth of age in years, share older than EXPIRED."""
    rows = []
    ages: dict[str, list[NDArray[np.float64]]] = {}
    people: dict[str, set[int]] = {}
    for source in context.evidence.sources:
        name = REPORTED_SOURCE.get(source.name, source.name)
        ages.setdefault(name, []).append(source.age)
        people.setdefault(name, set()).update(np.unique(source.t).tolist())
    for name, values in ages.items():
        age = np.concatenate(values)
        if len(people[name]) >= MIN_PEOPLE:
            low, middle, high = np.quantile(age, [0.1, 0.5, 0.9])
            old = float((age > EXPIRED).mean())
            rows.append((name, len(people[name]), len(age), float(low), float(middle), float(high), old))
    columns = ["source", "people", "values", "young", "median", "old", "expired"]
    return pd.DataFrame(rows, columns=columns)


def years_since(context: DiagnosisContext) -> float:
    """Years between the newest evidence and as-of; NaN without evidence."""
    newest = context.tables.latest_evidence()
    return (context.as_of - newest).days / YEAR if newest else float("nan")
