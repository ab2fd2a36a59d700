"""The trained ranker: a correction of a base order, learnt from measured gains (or from next enrolments).

    score = strength x (base - centre) / spread + trees(features)

With evidence the base is the log of the need rule's gain, without any it is the logit of predicted take-up.
The trees see the pair's features, the base and its parts. As the score is the base plus a correction, it
translates back without changing the order:

    corrected = base's own unit x exp(spread / strength x trees) x level

`level` keeps the average over the pairs it was trained on: the ranker moves gain between pairs, it does not
claim more of it. So `gain_mean` of a promoted ranker is in teacher-SD units and orders exactly as its score.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet, PreparedFeatures
from features.snapshot import Snapshot
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import SchoolSplit, by_query
from models.evaluation.promotion_gate import Objective
from models.rankers.boosting import RankingLists, boost

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Base = Callable[[Snapshot, Index, Index], Array]
STRENGTH: Final = 1.0  # one standard deviation of the base is worth this many units of the trees
LEAST_BASE_GAIN: Final = 1e-4  # teacher-SD; log of less says nothing
FEWEST_DOCUMENTS: Final = 100  # in lists that order something; fewer teach nothing
FEWEST_LISTS: Final = (8, 3)  # to fit on, to stop on
RISING: Final = ("expected_gap", "p_need", "readiness")  # a feature of these words never lowers the score
FALLING: Final = ("overlap",)


def log_gain(gain: Array) -> Array:
    """The base with evidence: natural log of a gain in teacher-SD units."""
    return np.log(np.maximum(gain, LEAST_BASE_GAIN))


def logit(probability: Array) -> Array:
    """The base without evidence."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


@dataclass
class GainRanker:
    """A fitted ranker; `base` gives the base of pairs. Implements the Scorer's `score`."""

    base: Base
    features: FeatureSet
    objective: Objective
    seed: int = 0
    threads: int = 1
    name: str = "ranker"
    trees: lightgbm.Booster | None = None
    scale: dict[str, float] = field(default_factory=dict)
    _last: tuple[Snapshot, PreparedFeatures] | None = field(default=None, repr=False)

    def fit_labels(self, snapshot: Snapshot, labels: PairLabels, roles: SchoolSplit) -> bool:
        """Learn from `labels` of the fitting schools, stop on the stopping ones; False when they are too few.

        A query is the school for measured gains, the teacher for enrolments.
        """
        query = labels.t_idx
        if self.objective == "gain":
            query = snapshot.tables["teachers"]["school_id"].factorize()[0].astype(np.intp)[labels.t_idx]
        parts = []
        for part, fewest in zip((roles.fitting, roles.stopping), FEWEST_LISTS, strict=True):
            chosen = part[labels.t_idx]
            lists, sizes = by_query(labels.take(chosen), query[chosen])
            if len(lists) < FEWEST_DOCUMENTS or len(sizes) < fewest:
                return False
            parts.append((lists, sizes))
        bases = [self.base(snapshot, lists.t_idx, lists.c_idx) for lists, _ in parts]
        spread = float(bases[0].std())
        self.scale = {
            "centre": float(bases[0].mean()),
            "spread": spread if spread > 1e-9 else 1.0,
            "strength": STRENGTH,
            "level": 1.0,
        }
        fitting, stopping = (
            RankingLists(
                self._columns(snapshot, lists.t_idx, lists.c_idx, base),
                self._scaled(base),
                lists.grade,
                lists.weight,
                sizes,
            )
            for (lists, sizes), base in zip(parts, bases, strict=True)
        )
        names = [*self.features.names, "base"]
        rising = [_direction(n) for n in self.features.names] + [1]
        self.trees = boost(fitting, stopping, names, rising, self.seed, self.threads)
        if self.objective == "gain":
            worth = np.exp(bases[0])
            moved = worth * np.exp(self.correction(fitting.features))
            self.scale["level"] = float(worth.sum() / moved.sum())
        return True

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) in units of the trees; only the order means something."""
        base = self.base(snapshot, t_idx, c_idx)
        columns = self._columns(snapshot, t_idx, c_idx, base)
        return self._scaled(base) + self.correction(columns) * self.scale["strength"] / self.scale["spread"]

    def corrected(self, snapshot: Snapshot, t_idx: Index, c_idx: Index, base: Array) -> Array:
        """(n,) the base moved by the trees, still in the base's own unit (log gain or logit)."""
        level = np.log(self.scale["level"])
        moved = self.correction(self._columns(snapshot, t_idx, c_idx, base))
        return np.asarray(base + moved + level, dtype=np.float64)

    def correction(self, columns: NDArray[np.float32]) -> Array:
        """(n,) what the trees add to the base, in the base's own unit."""
        if self.trees is None:
            raise ValueError("the ranker is not fitted")
        raw = self.trees.predict(
            columns, raw_score=True, num_threads=self.threads, num_iteration=self._rounds()
        )
        return np.asarray(raw, dtype=np.float64) * self.scale["spread"] / self.scale["strength"]

    def to_texts(self) -> list[str]:
        """LightGBM's own text; `scale_json` goes beside it."""
        if self.trees is None:
            raise ValueError("the ranker is not fitted")
        return [str(self.trees.model_to_string(num_iteration=self._rounds()))]

    def scale_json(self) -> dict[str, Any]:
        """What the text cannot hold: how the base is scaled, and which features it expects."""
        return {
            "scale": self.scale,
            "objective": self.objective,
            "features": list(self.features.names),
            "feature_fingerprint": self.features.fingerprint(),
        }

    def load(self, texts: Sequence[str], beside: dict[str, Any]) -> GainRanker:
        """Fill this ranker from `to_texts` and `scale_json`. Raises ValueError on other features."""
        if beside["feature_fingerprint"] != self.features.fingerprint():
            raise ValueError("the ranker was trained on other features: train again")
        self.trees = lightgbm.Booster(model_str=texts[0])
        self.scale = {name: float(value) for name, value in beside["scale"].items()}
        return self

    def _rounds(self) -> int:
        best = self.trees.best_iteration if self.trees is not None else 0
        return int(best) if best > 0 else -1

    def _scaled(self, base: Array) -> Array:
        return self.scale["strength"] * (base - self.scale["centre"]) / self.scale["spread"]

    def _columns(self, snapshot: Snapshot, t_idx: Index, c_idx: Index, base: Array) -> NDArray[np.float32]:
        last = self._last  # one read: another thread may set it in between
        if last is None or last[0] is not snapshot:
            self._last = last = (snapshot, self.features.prepare(snapshot))
        pairs = last[1].pairs(t_idx, c_idx)
        return np.column_stack([pairs, base.astype(np.float32)]).astype(np.float32)


def _direction(name: str) -> int:
    """+1 where more can only help, -1 where it can only hurt, else 0; by the words of the feature's name."""
    if any(word in name for word in FALLING):
        return -1
    return 1 if any(word in name for word in RISING) else 0


def dumps(content: dict[str, Any]) -> bytes:
    """Stable JSON bytes of a small model file."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False).encode("utf-8")
