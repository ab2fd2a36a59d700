"""A researcher's own scorer beside the built-in ones: an estimator with `fit(X, y)`, or a function of pairs.

It gets the same features, is fitted to the same labels of the same schools and evaluated on the same lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet
from features.errors import UsageError
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.rankers.scorer import Prepare, PreparedScorer

Array = NDArray[np.float64]
Index = NDArray[np.intp]
PREDICTIONS = ("predict_proba", "decision_function", "predict")


class EstimatorAdapter:
    """An estimator on the features of pairs; missing features are NaN, or their column's median if `impute`."""

    def __init__(self, estimator: Any, features: FeatureSet, impute: bool = True) -> None:
        self._estimator, self._features, self._impute = estimator, features, impute
        self._median: Array = np.zeros(len(features.names))

    def fit(self, snapshot: Snapshot, labels: PairLabels) -> EstimatorAdapter:
        """Fits to the labels' values (measured gain, or 1 for an enrolment and 0 for a course not taken)."""
        x = self._features.prepare(snapshot).pairs(labels.t_idx, labels.c_idx).astype(np.float64)
        self._median = np.nanmedian(np.where(np.isnan(x).all(axis=0), 0.0, x), axis=0)
        enrolments = np.isin(labels.value, (0.0, 1.0)).all()
        self._estimator.fit(self._imputed(x), labels.value.astype(np.intp) if enrolments else labels.value)
        return self

    def prepare(self, snapshot: Snapshot) -> PreparedScorer:
        """The estimator's predictions. Raises UsageError where it has none."""
        predict = next(
            (getattr(self._estimator, p) for p in PREDICTIONS if hasattr(self._estimator, p)), None
        )
        if predict is None:
            raise UsageError(f"a scorer needs {', '.join(PREDICTIONS)} or score(snapshot, t, c)")
        features = self._features.prepare(snapshot)

        def score(t_idx: Index, c_idx: Index) -> Array:
            if not len(t_idx):
                return np.zeros(0)  # scikit-learn refuses an empty matrix
            x = self._imputed(features.pairs(t_idx, c_idx).astype(np.float64))
            prediction = np.asarray(predict(x), dtype=np.float64)
            return prediction[:, -1] if prediction.ndim == 2 else prediction

        return score

    def _imputed(self, x: Array) -> Array:
        return np.where(np.isnan(x), self._median, x) if self._impute else x


def adapt_estimator(
    scorers: Mapping[str, Any], features: FeatureSet, snapshot: Snapshot, labels: PairLabels
) -> dict[str, Prepare]:
    """`prepare` by name; estimators are fitted to `labels`, and left out where there are none.

    Takes objects with `fit(X, y)`, with `prepare(snapshot)`, with `score(snapshot, t, c)`, or functions of
    (snapshot, t, c). Raises UsageError for anything else.
    """
    adapted: dict[str, Prepare] = {}
    for name, scorer in scorers.items():
        if hasattr(scorer, "prepare"):
            adapted[name] = scorer.prepare
        elif hasattr(scorer, "fit"):
            if len(labels):
                adapted[name] = EstimatorAdapter(scorer, features).fit(snapshot, labels).prepare
        elif hasattr(scorer, "score"):
            adapted[name] = partial(partial, scorer.score)
        elif callable(scorer):
            adapted[name] = partial(partial, scorer)
        else:
            raise UsageError(f"{name} cannot score: give fit(X, y) and predict, or score(snapshot, t, c)")
    return adapted
