"""Coverage of evidence by group and source, and its age."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM, merged_groups
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.sources.source_registry import (
    indirect_names,
    reported_name,
    reported_sources,
    unit_source,
)
from features.needs.needs import Needs

Index = NDArray[np.intp]
EXPIRED: Final = 1.5  # years after which evidence counts as old


def coverage_by_group(context: DiagnosisContext, needs: Needs) -> pd.DataFrame:
    """Rows by (all/district/stage), group, people, cells, any, direct, thin, and a share for each source.

    any: share of teachers with any evidence other than their schools' monitoring; direct: share of (teacher,
    competency) with evidence from another person; thin: share in the band `thin` (too little evidence); sources: share
    of teachers with evidence of each. Groups of fewer than DISTRICT_MINIMUM are merged as `others`.
    """
    rows = needs.report[needs.report["unit_kind"] == "teacher"]
    t = pd.Index(needs.teacher_ids).get_indexer(pd.Index(rows["unit_id"]))
    source_names = tuple(reported_sources())
    code, combinations = pd.factorize(rows["sources"])
    contains = np.zeros((len(combinations), len(source_names)), dtype=bool)
    for i, text in enumerate(combinations):
        contains[i] = np.isin(source_names, text.split(";"))
    has_source: NDArray[np.bool_] = contains[code]
    thin = (rows["band"] == "thin").to_numpy()
    direct = has_source[:, np.isin(source_names, list(indirect_names()), invert=True)].sum(axis=1) > 0
    anything = (
        has_source[:, np.isin(source_names, [unit_source().reported.name], invert=True)].sum(axis=1) > 0
    )
    tables, index = context.tables, context.hierarchy.index
    district = context.hierarchy.district_ids[index.district[index.school]]
    names = tables["organizations"].drop_duplicates("org_id").set_index("org_id")["name"]
    district_names = np.asarray([names.get(one, one) for one in district], dtype=object)
    stage = tables["teachers"]["stage"].fillna("").to_numpy(dtype=object)
    everyone = np.full(len(needs.teacher_ids), "all", dtype=object)
    result = []
    for by, group in (("all", everyone), ("district", district_names), ("stage", stage)):
        merged = merged_groups(group)
        for name in sorted(set(merged) - {""}):
            people = np.flatnonzero(merged == name)
            in_group = np.isin(t, people)
            if not in_group.any():
                continue
            covered = len(np.unique(t[in_group & anything])) / len(people)
            sources = {
                source: len(np.unique(t[in_group & has_source[:, i]])) / len(people)
                for i, source in enumerate(source_names)
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
    columns = ["by", "group", "people", "cells", "any", "direct", "thin", *source_names]
    return pd.DataFrame(result, columns=columns)


def evidence_age(context: DiagnosisContext) -> pd.DataFrame:
    """Rows source, people, values, youngest tenth, median and oldest tenth of age in years, share older than EXPIRED."""
    rows = []
    ages: dict[str, list[NDArray[np.float64]]] = {}
    people: dict[str, set[int]] = {}
    for source in context.evidence.sources:
        name = reported_name(source.name)
        ages.setdefault(name, []).append(source.age)
        people.setdefault(name, set()).update(np.unique(source.t).tolist())
    for name, values in ages.items():
        age = np.concatenate(values)
        if len(people[name]) >= DISTRICT_MINIMUM:
            low, middle, high = np.quantile(age, [0.1, 0.5, 0.9])
            old = float((age > EXPIRED).mean())
            rows.append((name, len(people[name]), len(age), float(low), float(middle), float(high), old))
    columns = ["source", "people", "values", "young", "median", "old", "expired"]
    return pd.DataFrame(rows, columns=columns)
