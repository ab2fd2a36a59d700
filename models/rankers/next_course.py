"""The ranker of next enrolments: candidate sources, then lambdarank over all their scores; seeds averaged.

Labels are the hidden last part of each teacher's courses, every source being fitted on the earlier part
only; where more courses are open than `SCORE_ALL`, sources generate candidates and the other courses rank below them.
Variants of a source (how strong a penalty, how many factors) are selected on the same hidden part. For advice the
selected sources are fitted on everything known: they are closed forms of the history, so a bundle carries their
names and the trees, no enrolments.

Cold start: a teacher without courses is ranked by her peers, needs, texts and the pair's features, a new
course by text, facts and goals (no enrolment speaks against it but its count), a new district by peers of the
same stage and subject anywhere. The trees can weigh these columns for such teachers only in
so far as training had any; the enrolment model's probability is a column too.

Sources: two-stage ranking as in the public solutions of session-based contests; LambdaMART, Burges 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet
from features.snapshot import Snapshot
from models.behaviour.enrolment_model import EnrolmentModel
from models.behaviour.logistic import PortableLogistic
from models.candidates.candidate_generation import CandidateSource, FitData, query_for
from models.data.enrolment_history import has_order, history_of
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import SchoolSplit
from models.evaluation.ranking_metrics import ndcg, rank
from models.rankers.boosting import best_iteration
from models.rankers.candidate_families import FAMILIES, sources_from_json, sources_to_json
from models.rankers.pair_table import BLOCK, PairTable, TrainingLists, hidden_grid, training_lists

if TYPE_CHECKING:
    import lightgbm

Array = NDArray[np.float64]
Index = NDArray[np.intp]

SEEDS: Final = 3
MAX_TUNING: Final = 1500  # teachers on whom variants are selected
FEWEST: Final = (40, 15)  # teachers with a hidden course to fit on, to stop on
MAX_TREES: Final = 400
PATIENCE: Final = 40
EVAL_AT: Final = 10


@dataclass
class NextCourse:
    """Orders pairs by predicted next enrolment. Unfitted until `fit_labels` or `load`."""

    features: FeatureSet
    enrolment: EnrolmentModel
    seed: int = 0
    threads: int = 1
    families: Sequence[Sequence[CandidateSource]] = FAMILIES
    name: str = "ranker"
    sources: tuple[CandidateSource, ...] = ()
    ordered: bool = False
    trees: list[lightgbm.Booster] = field(default_factory=list)
    scale: Mapping[str, float] = field(default_factory=dict)

    def fit_labels(self, snapshot: Snapshot, labels: PairLabels, roles: SchoolSplit) -> bool:
        """Fits to the enrolments in `labels` (value 1), hidden from `snapshot`; False when too few."""
        hidden = labels.take(labels.value > 0)
        people = [np.unique(hidden.t_idx[part[hidden.t_idx]]) for part in (roles.train, roles.valid)]
        if any(len(teachers) < fewest for teachers, fewest in zip(people, FEWEST, strict=True)):
            return False
        self.ordered = has_order(snapshot)
        self.sources = self._select(snapshot, hidden, people[0])
        pairs = self._pairs(snapshot)
        fitting, stopping = (training_lists(pairs, hidden, teachers) for teachers in people)
        if not (fitting.label.any() and stopping.label.any()):
            return False
        self.trees = [self._boost(fitting, stopping, self.seed + i) for i in range(SEEDS)]
        raw = _raw_scores(self.trees, stopping.columns, self.threads)
        odds = PortableLogistic.fitted(
            ("raw",), raw[:, None], stopping.label.astype(np.bool_), np.ones(len(raw))
        )
        slope = max(odds.slopes[0] / odds.scale[0], 1e-3)
        self.scale = {
            "slope": slope,
            "intercept": odds.intercept - slope * odds.mean[0],
            "floor": float(min(raw.min(), _raw_scores(self.trees, fitting.columns, self.threads).min()))
            - 1.0,
        }
        return True

    def prepare(self, snapshot: Snapshot) -> PreparedNextCourse:
        """Fits the sources on everything the snapshot knows. Raises ValueError before the trees are fitted."""
        if not self.trees:
            raise ValueError("the ranker is not fitted")
        return PreparedNextCourse(self._pairs(snapshot), tuple(self.trees), self.scale, self.threads)

    def to_texts(self) -> list[str]:
        """LightGBM's own texts, one a seed."""
        return [str(trees.model_to_string(num_iteration=best_iteration(trees))) for trees in self.trees]

    def scale_json(self) -> dict[str, Any]:
        """What the texts have no field for: the sources, the scale, and which features are expected."""
        return {
            "scale": self.scale,
            "objective": "uptake",
            "ordered": self.ordered,
            "sources": sources_to_json(self.sources),
            "feature_fingerprint": self.features.fingerprint(),
        }

    def load(self, texts: Sequence[str], calibration: Mapping[str, Any]) -> NextCourse:
        """Fills this ranker from `to_texts` and `scale_json`. Raises ValueError on other features."""
        if calibration["feature_fingerprint"] != self.features.fingerprint():
            raise ValueError("the ranker was trained on other features: train again")
        self.sources = sources_from_json(calibration["sources"])
        self.ordered = bool(calibration.get("ordered", False))
        import lightgbm  # only where trees are used: 35 MB with what it imports

        self.trees = [lightgbm.Booster(model_str=text) for text in texts]
        self.scale = {name: float(value) for name, value in calibration["scale"].items()}
        return self

    def _pairs(self, snapshot: Snapshot) -> PairTable:
        return PairTable(snapshot, self.sources, self.ordered, self.features, self.enrolment)

    def _select(self, snapshot: Snapshot, hidden: PairLabels, teachers: Index) -> tuple[CandidateSource, ...]:
        """Of every family the variant that by itself ranks the hidden courses best."""
        history = history_of(snapshot)
        teachers = teachers[:: max(len(teachers) // MAX_TUNING, 1)]
        data, query = FitData(snapshot, history), query_for(history, teachers)
        open_to = snapshot.eligibility.block(teachers)
        relevance = hidden_grid(hidden, teachers, open_to.shape).astype(np.float64)
        row, course = np.nonzero(open_to)

        def mean_ndcg(source: CandidateSource) -> float:
            scores = source.fit(data)(query)[row, course].astype(np.float64)
            return float(np.nanmean(ndcg(rank(row, scores), relevance[row, course], EVAL_AT)))

        selected: list[CandidateSource] = []
        for family in self.families:
            values = [mean_ndcg(source) for source in family] if len(family) > 1 else [0.0]
            selected.append(family[int(np.argmax(values))])
        return tuple(selected)

    def _boost(self, fitting: TrainingLists, stopping: TrainingLists, seed: int) -> lightgbm.Booster:
        parameters: dict[str, Any] = {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [EVAL_AT],
            "lambdarank_truncation_level": EVAL_AT + 3,
            "learning_rate": 0.04,
            "num_leaves": 15,
            "min_data_in_leaf": 50,
            "lambda_l2": 20.0,
            "feature_fraction": 0.4,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "max_bin": 63,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "verbosity": -1,
        }
        binning = {"max_bin": 63, "feature_pre_filter": False, "verbosity": -1}
        import lightgbm

        data = lightgbm.Dataset(*fitting[:2], group=fitting.sizes, params=binning, free_raw_data=False)
        valid = lightgbm.Dataset(*stopping[:2], group=stopping.sizes, reference=data, params=binning)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        return lightgbm.train(parameters, data, MAX_TREES, valid_sets=[valid], callbacks=[stop])


@dataclass(frozen=True)
class PreparedNextCourse:
    """The ranker's trees on one snapshot."""

    pairs: PairTable
    trees: tuple[lightgbm.Booster, ...]
    scale: Mapping[str, float]
    threads: int

    def __call__(self, t_idx: Index, c_idx: Index) -> Array:
        """(n,) in units of the trees; courses that are no source's candidate score below all that are."""
        scores = np.zeros(len(t_idx))
        teachers, floor = np.unique(t_idx), self.scale["floor"]
        for start in range(0, len(teachers), BLOCK):
            block = self.pairs.candidates.block(teachers[start : start + BLOCK])
            lowest, highest = block.query.teachers[0], block.query.teachers[-1]
            rows = np.flatnonzero((t_idx >= lowest) & (t_idx <= highest))
            row, course = np.searchsorted(block.query.teachers, t_idx[rows]), c_idx[rows]
            fused = block.fused[row, course].astype(np.float64)
            values = floor - 2.0 + np.minimum(fused * 10.0, 1.0)
            candidate = np.flatnonzero(block.candidates[row, course])
            if len(candidate):
                columns = self.pairs.columns(block, row[candidate], course[candidate])
                values[candidate] = np.maximum(_raw_scores(self.trees, columns, self.threads), floor)
            scores[rows] = values
        return scores

    def corrected(self, t_idx: Index, c_idx: Index, base: Array) -> Array:
        """(n,) logit of the probability of being taken next; `base` is not needed, it is a column."""
        return np.asarray(
            self.scale["intercept"] + self.scale["slope"] * self(t_idx, c_idx), dtype=np.float64
        )


def _raw_scores(trees: Sequence[lightgbm.Booster], columns: NDArray[np.float32], threads: int) -> Array:
    """(n,) the average of the seeds' raw scores."""
    raw = [
        t.predict(columns, raw_score=True, num_threads=threads, num_iteration=best_iteration(t))
        for t in trees
    ]
    return np.asarray(np.mean(raw, axis=0), dtype=np.float64)
