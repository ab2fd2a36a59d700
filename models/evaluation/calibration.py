"""Calibration of a version: what it foretold for test schools beside what was observed there, in groups of equal size.

Two forecasts are compared with what came after T0: the probability of completing a course (all enrolments of the window
that ended), and, with evidence, the gain (pairs whose gain was measured; unshrunk, net of teachers without a course:
`models/data/relevance_labels.py`). Gains of people who chose their courses still hold what made them choose, so a point
above the diagonal is not yet a course that does more than promised.

A group is about ten teachers or more; where a tenth would be about fewer, there are fewer groups, never a hidden one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.disclosure import DISTRICT_MINIMUM
from features.snapshot import ENDED
from models.data.relevance_labels import PairLabels
from models.data.study import Study
from models.evaluation.intervals import mean_interval
from models.rankers.scoring_model import ScoringModel

GROUPS: Final = {"completion": 10, "gain": 5}  # a measured gain is noisy
Forecast = Literal["completion", "gain"]
Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class CalibrationGroup:
    """Pairs with similar forecasts: mean forecast, mean of what was observed with its 95% interval over schools.

    forecast_of: completion (probabilities) or gain (teacher-SD units). Bounds are None with fewer than four clusters.
    """

    forecast_of: Forecast
    forecast: float
    value: float
    low: float | None
    high: float | None
    pairs: int
    people: int

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def calibration_groups(study: Study, model: ScoringModel, labels: PairLabels) -> list[CalibrationGroup]:
    """Both forecasts of a model that was fitted without the test schools; labels: of these."""
    if study.before is None:
        return []
    scores = model.prepare(study.before)
    t, c, completed = _ended(study)
    groups = _groups("completion", scores(t, c).p_complete, completed, t, study)
    if study.objective == "gain":
        measured = labels.take(np.isfinite(labels.measured))
        forecast = scores(measured.t_idx, measured.c_idx).gain_mean
        groups += _groups("gain", forecast, measured.measured, measured.t_idx, study)
    return groups


def _ended(study: Study) -> tuple[Index, Index, Array]:
    """(n,) teacher, course and 1 for completed, of the test teachers' enrolments of the window that ended."""
    assert study.before is not None
    taken = study.taken[study.taken["status"].isin(ENDED)]
    t = pd.Index(study.before.teacher_ids).get_indexer(pd.Index(taken["teacher_id"], dtype=object))
    c = pd.Index(study.before.course_ids).get_indexer(pd.Index(taken["course_id"], dtype=object))
    used = (t >= 0) & (c >= 0)
    used[used] = study.roles.test[t[used]]
    completed = np.asarray(taken["status"] == "completed", dtype=np.float64)
    return t[used].astype(np.intp), c[used].astype(np.intp), completed[used]


def _groups(name: Forecast, forecast: Array, value: Array, t: Index, study: Study) -> list[CalibrationGroup]:
    order = np.argsort(forecast, kind="stable")
    few = 1 if len(order) and np.ptp(forecast) < 1e-9 else GROUPS[name]
    for count in range(few, 0, -1):
        parts = np.array_split(order, count)
        if min(len(np.unique(t[part])) for part in parts) >= DISTRICT_MINIMUM:
            return [_group(name, forecast[part], value[part], t[part], study) for part in parts]
    return []


def _group(name: Forecast, forecast: Array, value: Array, t: Index, study: Study) -> CalibrationGroup:
    mean = mean_interval(value, study.units[t], study.seed)
    low, high = (bound if np.isfinite(bound) else None for bound in (mean.low, mean.high))
    return CalibrationGroup(name, float(forecast.mean()), mean.value, low, high, len(t), len(np.unique(t)))


def rounded(row: Mapping[str, Any], digits: int = 6) -> dict[str, Any]:
    """Floats of a row to so many digits: a manifest needs no more, and they do not differ by machine."""
    return {k: round(v, digits) if isinstance(v, float) else v for k, v in row.items()}
