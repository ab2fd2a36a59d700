"""A researcher's own scorer beside ours: any object with `fit(X, y)` and a prediction, or with `score(...)`.

It sees the same features, learns from the same labels of the same schools and is judged on the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet, PreparedFeatures
from features.errors import UsageError
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.evaluation.list_metrics import Score

Array = NDArray[np.float64]
Index = NDArray[np.intp]


class EstimatorAdapter:
    """An estimator on the features of pairs; unknown features are NaN, or their column's median if `filled`."""

    def __init__(self, estimator: Any, features: FeatureSet, filled: bool = True) -> None:
        self._estimator, self._features, self._filled = estimator, features, filled
        self._usual: Array = np.zeros(len(features.names))
        self._last: tuple[Snapshot, PreparedFeatures] | None = None

    def fit(self, snapshot: Snapshot, labels: PairLabels) -> EstimatorAdapter:
        """Learn the labels' values (measured gain, or 1 for an enrolment and 0 for a course not taken)."""
        x = self._columns(snapshot, labels.t_idx, labels.c_idx)
        known = np.where(np.isnan(x).all(axis=0), 0.0, x)
        self._usual = np.nanmedian(known, axis=0)
        enrolments = np.isin(labels.value, (0.0, 1.0)).all()
        self._estimator.fit(self._whole(x), labels.value.astype(np.intp) if enrolments else labels.value)
        return self

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,)"""
        x = self._whole(self._columns(snapshot, t_idx, c_idx))
        for name in ("predict_proba", "decision_function", "predict"):
            if hasattr(self._estimator, name):
                told = np.asarray(getattr(self._estimator, name)(x), dtype=np.float64)
                return np.asarray(told[:, -1] if told.ndim == 2 else told, dtype=np.float64)
        raise UsageError("a scorer needs predict, predict_proba, decision_function or score(snapshot, t, c)")

    def _columns(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        last = self._last
        if last is None or last[0] is not snapshot:
            self._last = last = (snapshot, self._features.prepare(snapshot))
        return last[1].pairs(t_idx, c_idx).astype(np.float64)

    def _whole(self, x: Array) -> Array:
        return np.where(np.isnan(x), self._usual, x) if self._filled else x


def adapt_estimator(
    scorers: Mapping[str, Any], features: FeatureSet, snapshot: Snapshot, labels: PairLabels
) -> dict[str, Score]:
    """Scores by name, each fitted where it has `fit(X, y)`. Raises WrongUse for what cannot score."""
    found: dict[str, Score] = {}
    for name, scorer in scorers.items():
        if hasattr(scorer, "score") and not hasattr(scorer, "fit"):
            found[name] = scorer.score
        elif hasattr(scorer, "fit"):
            if len(labels):
                found[name] = EstimatorAdapter(scorer, features).fit(snapshot, labels).score
        elif callable(scorer):
            found[name] = scorer
        else:
            raise UsageError(f"{name} cannot score: give fit(X, y) and predict, or score(snapshot, t, c)")
    return found
