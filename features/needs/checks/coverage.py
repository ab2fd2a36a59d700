"""Who has evidence at all, from where, and how old it is."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import merged_groups
from features.needs.checks.source_reliability import FEWEST
from features.needs.diagnosis_context import DiagnosisContext
from features.needs.evidence.sources.source_registry import (
    indirect_names,
    reported_name,
    reported_sources,
    unit_source,
)
from features.needs.evidence.standardized_evidence import YEAR
from features.needs.needs import Needs

Index = NDArray[np.intp]
EXPIRED: Final = 1.5  # years after which a need has to be looked at again


def evidence_reach(found: DiagnosisContext, needs: Needs) -> pd.DataFrame:
    """Rows by (all/district/stage), group, people, cells, any, direct, thin, and a share for each source.

    any: share of teachers of whom anything is known, their schools' monitoring apart; direct: share of (teacher,
    competency) of which somebody other than the teacher says something; thin: share with reliability under .30.
    Groups of fewer than FEWEST are put together as `others`, and with the next smallest if these are too few.
    """
    rows = needs.report[needs.report["unit_kind"] == "teacher"]
    t = pd.Index(needs.teacher_ids).get_indexer(pd.Index(rows["unit_id"]))
    names_of_sources = tuple(reported_sources())
    words, texts = pd.factorize(rows["sources"])
    has = np.zeros((len(texts), len(names_of_sources)), dtype=bool)
    for i, text in enumerate(texts):
        has[i] = np.isin(names_of_sources, text.split(";"))
    heard: NDArray[np.bool_] = has[words]
    thin = (rows["band"] == "thin").to_numpy()
    direct = heard[:, np.isin(names_of_sources, list(indirect_names()), invert=True)].sum(axis=1) > 0
    anything = heard[:, np.isin(names_of_sources, [unit_source().reported.name], invert=True)].sum(axis=1) > 0
    tables, index = found.tables, found.hierarchy.index
    district = found.hierarchy.district_ids[index.district[index.school]]
    names = tables["organizations"].drop_duplicates("org_id").set_index("org_id")["name"]
    titles = np.asarray([names.get(one, one) for one in district], dtype=object)
    stage = tables["teachers"]["stage"].fillna("").to_numpy(dtype=object)
    everyone = np.full(len(needs.teacher_ids), "all", dtype=object)
    told = []
    for by, group in (("all", everyone), ("district", titles), ("stage", stage)):
        merged = merged_groups(group)
        for name in sorted(set(merged) - {""}):
            people = np.flatnonzero(merged == name)
            here = np.isin(t, people)
            if not here.any():
                continue
            known = len(np.unique(t[here & anything])) / len(people)
            sources = {
                source: len(np.unique(t[here & heard[:, i]])) / len(people)
                for i, source in enumerate(names_of_sources)
            }
            shares = {"any": known, "direct": float(direct[here].mean()), "thin": float(thin[here].mean())}
            told.append(
                {"by": by, "group": name, "people": len(people), "cells": int(here.sum())} | shares | sources
            )
    columns = ["by", "group", "people", "cells", "any", "direct", "thin", *names_of_sources]
    return pd.DataFrame(told, columns=columns)


def evidence_age(found: DiagnosisContext) -> pd.DataFrame:
    """Rows source, people, values, youngest tenth, median and oldest tenth of age in years, share older than EXPIRED."""
    rows = []
    ages: dict[str, list[NDArray[np.float64]]] = {}
    people: dict[str, set[int]] = {}
    for source in found.evidence.sources:
        name = reported_name(source.name)
        ages.setdefault(name, []).append(source.age)
        people.setdefault(name, set()).update(np.unique(source.t).tolist())
    for name, parts in ages.items():
        age = np.concatenate(parts)
        if len(people[name]) >= FEWEST:
            low, middle, high = np.quantile(age, [0.1, 0.5, 0.9])
            old = float((age > EXPIRED).mean())
            rows.append((name, len(people[name]), len(age), float(low), float(middle), float(high), old))
    columns = ["source", "people", "values", "young", "median", "old", "expired"]
    return pd.DataFrame(rows, columns=columns)


def years_since(found: DiagnosisContext) -> float:
    """Years between the newest evidence and as-of; NaN without evidence."""
    newest = found.tables.latest_evidence()
    return (found.as_of - newest).days / YEAR if newest else float("nan")
