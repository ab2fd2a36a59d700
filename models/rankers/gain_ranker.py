"""The trained ranker: a correction of a base score, fitted to measured gains (or to next enrolments).

    score = strength x (base - centre) / spread + trees(features)

With evidence the base is the log of the need rule's gain, without any it is the logit of the enrolment probability.
The trees see the pair's features and the base. As the score is the base plus a correction, it translates back
without changing the order:

    corrected = base's own unit x exp(spread / strength x trees) x level

`level` keeps the average over the training pairs: the ranker moves gain between pairs, it does not
claim more of it. So `gain_mean` of a promoted ranker is in teacher-SD units and orders exactly as its score.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet, PreparedFeatures
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import SchoolSplit, by_query
from models.evaluation.promotion_gate import Objective
from models.rankers.boosting import RankingLists, best_iteration, boost
from models.rankers.scorer import Prepare, PreparedScorer

if TYPE_CHECKING:
    import lightgbm

Array = NDArray[np.float64]
Index = NDArray[np.intp]
STRENGTH: Final = 1.0  # units of the trees in one standard deviation of the base
LEAST_BASE_GAIN: Final = 1e-4  # teacher-SD; the log of less is noise
FEWEST_DOCUMENTS: Final = 100  # in lists with an order; fewer fit no ranker
FEWEST_LISTS: Final = (8, 3)  # to fit on, to stop on


def log_gain(gain: Array) -> Array:
    """The base with evidence: natural log of a gain in teacher-SD units."""
    return np.log(np.maximum(gain, LEAST_BASE_GAIN))


def logit(probability: Array) -> Array:
    """The base without evidence."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


@dataclass
class GainRanker:
    """Unfitted until `fit_labels` or `load`; `base` prepares the base score."""

    base: Prepare
    features: FeatureSet
    objective: Objective
    seed: int = 0
    threads: int = 1
    name: str = "ranker"
    trees: lightgbm.Booster | None = None
    scale: Mapping[str, float] = field(default_factory=dict)

    def fit_labels(self, snapshot: Snapshot, labels: PairLabels, roles: SchoolSplit) -> bool:
        """Fits to `labels` of the fitting schools, stops on the stopping ones; False when they are too few.

        A query is the school for measured gains, the teacher for enrolments.
        """
        query = labels.t_idx
        if self.objective == "gain":
            query = snapshot.tables["teachers"]["school_id"].factorize()[0].astype(np.intp)[labels.t_idx]
        parts = []
        for part, fewest in zip((roles.train, roles.valid), FEWEST_LISTS, strict=True):
            selected = part[labels.t_idx]
            lists, sizes = by_query(labels.take(selected), query[selected])
            if len(lists) < FEWEST_DOCUMENTS or len(sizes) < fewest:
                return False
            parts.append((lists, sizes))
        base, features = self.base(snapshot), self.features.prepare(snapshot)
        bases = [base(lists.t_idx, lists.c_idx) for lists, _ in parts]
        sd = float(bases[0].std())
        scale = {
            "centre": float(bases[0].mean()),
            "spread": sd if sd > 1e-9 else 1.0,
            "strength": STRENGTH,
            "level": 1.0,
        }
        fitting, stopping = (
            RankingLists(
                _columns(features, lists.t_idx, lists.c_idx, values),
                _scaled(values, scale),
                lists.grade,
                lists.weight,
                sizes,
            )
            for (lists, sizes), values in zip(parts, bases, strict=True)
        )
        names = [*self.features.names, "base"]
        monotone = [*(column.monotone for column in self.features.columns), 1]
        trees = boost(fitting, stopping, names, monotone, self.seed, self.threads)
        if self.objective == "gain":
            gain = np.exp(bases[0])
            corrected = gain * np.exp(_correction(trees, scale, fitting.features, self.threads))
            scale["level"] = float(gain.sum() / corrected.sum())
        self.trees, self.scale = trees, scale
        return True

    def prepare(self, snapshot: Snapshot) -> PreparedGainRanker:
        """Scores in units of the trees; only their order has a meaning. Raises ValueError before it is fitted."""
        if self.trees is None:
            raise ValueError("the ranker is not fitted")
        features = self.features.prepare(snapshot)
        return PreparedGainRanker(snapshot, self.base, features, self.trees, self.scale, self.threads)

    def to_texts(self) -> list[str]:
        """LightGBM's own text; `scale_json` goes beside it."""
        if self.trees is None:
            raise ValueError("the ranker is not fitted")
        return [str(self.trees.model_to_string(num_iteration=best_iteration(self.trees)))]

    def scale_json(self) -> dict[str, Any]:
        """What the text has no field for: the scale of the base, and the features it expects."""
        return {
            "scale": self.scale,
            "objective": self.objective,
            "features": list(self.features.names),
            "feature_fingerprint": self.features.fingerprint(),
        }

    def load(self, texts: Sequence[str], calibration: Mapping[str, Any]) -> GainRanker:
        """Fills this ranker from `to_texts` and `scale_json`. Raises ValueError on other features."""
        if calibration["feature_fingerprint"] != self.features.fingerprint():
            raise ValueError("the ranker was trained on other features: train again")
        import lightgbm  # only where trees are used: 35 MB with what it imports

        self.trees = lightgbm.Booster(model_str=texts[0])
        self.scale = {name: float(value) for name, value in calibration["scale"].items()}
        return self


@dataclass(frozen=True)
class PreparedGainRanker:
    """The ranker's trees on one snapshot."""

    snapshot: Snapshot
    base: Prepare
    features: PreparedFeatures
    trees: lightgbm.Booster
    scale: Mapping[str, float]
    threads: int

    @cached_property
    def _base(self) -> PreparedScorer:
        return self.base(self.snapshot)  # late: `corrected` gets its base from the caller

    def __call__(self, t_idx: Index, c_idx: Index) -> Array:
        """(n,) in units of the trees."""
        base = self._base(t_idx, c_idx)
        correction = self._correction(t_idx, c_idx, base)
        return _scaled(base, self.scale) + correction * self.scale["strength"] / self.scale["spread"]

    def corrected(self, t_idx: Index, c_idx: Index, base: Array) -> Array:
        """(n,) the base plus the trees' correction, still in the base's own unit (log gain or logit)."""
        level = np.log(self.scale["level"])
        return np.asarray(base + self._correction(t_idx, c_idx, base) + level, dtype=np.float64)

    def _correction(self, t_idx: Index, c_idx: Index, base: Array) -> Array:
        columns = _columns(self.features, t_idx, c_idx, base)
        return _correction(self.trees, self.scale, columns, self.threads)


def _columns(features: PreparedFeatures, t_idx: Index, c_idx: Index, base: Array) -> NDArray[np.float32]:
    """(n, D + 1) the pair's features, then the base."""
    return np.column_stack([features.pairs(t_idx, c_idx), base.astype(np.float32)]).astype(np.float32)


def _scaled(base: Array, scale: Mapping[str, float]) -> Array:
    return scale["strength"] * (base - scale["centre"]) / scale["spread"]


def _correction(
    trees: lightgbm.Booster, scale: Mapping[str, float], columns: NDArray[np.float32], threads: int
) -> Array:
    """(n,) what the trees add to the base, in the base's own unit."""
    if not len(columns):
        return np.zeros(0)  # LightGBM refuses an empty matrix
    raw = trees.predict(columns, raw_score=True, num_threads=threads, num_iteration=best_iteration(trees))
    return np.asarray(raw, dtype=np.float64) * scale["spread"] / scale["strength"]


def dumps(content: Mapping[str, Any]) -> bytes:
    """Stable JSON bytes of a small model file."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False).encode("utf-8")
