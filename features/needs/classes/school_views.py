"""Two views of a school that must not be mixed up: where its pupils are, and what the school adds."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.evidence.adjusted_results import BOUND
from features.needs.evidence.evidence import Evidence
from features.needs.evidence.standardized_evidence import YEAR
from features.needs.model.source_parameters import PHI
from features.tables import Tables

Array = NDArray[np.float64]
COLUMNS: Final = ["org_id", "competency_id", "view", "mean", "sd"]
KEYS: Final = ["org_id", "k", "assessment_id"]
PRIOR_SD: Final = {"level": 0.45, "gain": 0.15}  # between schools, pupil-SD (measurement D9)
PRIOR_SCHOOLS: Final = 10.0


def school_views(tables: Tables, evidence: Evidence, competency_ids: tuple[str, ...]) -> pd.DataFrame:
    """Rows org_id, competency_id, view, mean, sd (pupil-SD), shrunk to the mean of all schools.

    A school's own results count; where a test has none, those of its classes, weighted by pupils. Errors of
    dimensions of one test correlate BOUND; older tests fade by PHI a year.
    """
    rows = _of_schools(tables, evidence)
    j, q = evidence.indicator_map.of("assessment", rows.assign(indicator=rows["dimension"]))
    rows = rows.assign(j=j)[j >= 0].reset_index(drop=True)
    frames = []
    for view, value, variance in (("level", "level", "level_variance"), ("gain", "z", "variance")):
        part = rows if view == "level" else rows[rows["gain"]]
        values = _by_competency(part, part[value].to_numpy(), part[variance].to_numpy(), q, tables)
        frames.append(_shrunk(values, PRIOR_SD[view]).assign(view=view))
    views = pd.concat(frames, ignore_index=True)
    names = np.asarray([*competency_ids, ""], dtype=object)
    views["competency_id"] = names[views["k"].to_numpy(dtype=np.intp)]
    views = views[COLUMNS].astype({name: "str" for name in COLUMNS[:3]})
    return views.sort_values(COLUMNS[:3], ignore_index=True)


def _of_schools(tables: Tables, evidence: Evidence) -> pd.DataFrame:
    rows = evidence.adjusted.rows
    own = rows[rows["unit_kind"] == "school"].assign(org_id=lambda r: r["unit_id"])
    home = tables["classes"].drop_duplicates("class_id").set_index("class_id")["school_id"]
    classes = rows[rows["unit_kind"] == "class"]
    classes = classes.assign(org_id=classes["unit_id"].map(home).astype("str"))
    with_own = pd.MultiIndex.from_frame(own[["assessment_id", "org_id"]])
    classes = classes[~pd.MultiIndex.from_frame(classes[["assessment_id", "org_id"]]).isin(with_own)]
    classes = classes[classes["org_id"].notna()]
    return pd.concat([own, classes], ignore_index=True)


def _by_competency(
    rows: pd.DataFrame, value: Array, variance: Array, q: Array, tables: Tables
) -> pd.DataFrame:
    """org_id, k, value, variance: first over classes and dimensions of a test, then over tests."""
    about = q[rows["j"].to_numpy(dtype=np.intp)]
    at, k = np.nonzero(about)
    newest = tables["assessments"]["date"].max()
    age = (newest - rows["date"]).dt.days.to_numpy()[at] / YEAR
    weight = about[at, k] * rows["n"].to_numpy()[at]
    frame = pd.DataFrame(
        {
            "org_id": rows["org_id"].to_numpy(dtype=object)[at], "k": k,
            "assessment_id": rows["assessment_id"].to_numpy(dtype=object)[at],
            "dimension": rows["dimension"].to_numpy(dtype=object)[at],
            "w": weight, "wx": weight * value[at], "wwv": weight**2 * variance[at], "age": age,
        }
    )  # fmt: skip
    one = frame.groupby([*KEYS, "dimension"], as_index=False).agg(
        w=("w", "sum"), wx=("wx", "sum"), wwv=("wwv", "sum"), age=("age", "first")
    )
    one["wsd"] = np.sqrt(one["wwv"])
    test = one.groupby(KEYS, as_index=False).agg(
        w=("w", "sum"), wx=("wx", "sum"), wwv=("wwv", "sum"), wsd=("wsd", "sum"), age=("age", "first")
    )
    test["value"] = test["wx"] / test["w"]
    # dimensions of one test: the same pupils sat them
    test["variance"] = ((1 - BOUND) * test["wwv"] + BOUND * test["wsd"] ** 2) / test["w"] ** 2
    test["u"] = PHI ** (2 * test["age"]) / test["variance"]
    test["ux"], test["uuv"] = test["u"] * test["value"], test["u"] ** 2 * test["variance"]
    sums = test.groupby(["org_id", "k"], as_index=False)[["u", "ux", "uuv"]].sum()
    return pd.DataFrame(
        {
            "org_id": sums["org_id"], "k": sums["k"], "value": sums["ux"] / sums["u"],
            "variance": sums["uuv"] / sums["u"] ** 2,
        }
    )  # fmt: skip


def _shrunk(values: pd.DataFrame, prior_sd: float) -> pd.DataFrame:
    """Posterior mean and SD, a competency at a time; the spread between schools by moments."""
    k = values["k"]
    value, variance = values["value"], values["variance"]
    n = value.groupby(k).transform("size")
    center = value.groupby(k).transform("mean")
    excess = ((value - center) ** 2 - variance).groupby(k).transform("sum")
    between = ((excess + PRIOR_SCHOOLS * prior_sd**2) / (n + PRIOR_SCHOOLS)).clip(lower=1e-4)
    trust = between / (between + variance)
    mean = center + trust * (value - center)
    return values.assign(mean=mean, sd=np.sqrt(between * (1 - trust)))
