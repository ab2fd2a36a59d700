"""The ranker of next enrolments: retrieval sources, then lambdarank over all they say; seeds averaged.

Labels are the hidden last part of each teacher's courses, every source being fitted on the earlier part
only; where more courses are open than `SCORE_ALL`, sources bring candidates and the rest stand below them.
Variants of a source (how strong a ridge, how many factors) are chosen by the same hidden part. Advice then
fits the chosen sources on everything known: they are closed forms of the history, so a bundle carries which
they are and the trees, no enrolments.

Cold start: a teacher without courses is ranked by her peers, needs, texts and the pair's features, a new
course by text, facts and goals (no enrolment speaks against it but its count), a new district by peers of the
same stage and subject anywhere. All of these are columns that the trees have seen for such teachers only in
so far as training had any; `Uptake`, the stated or fitted base, is a column too.

Sources: two-stage ranking as in the public solutions of session-based contests; LambdaMART, Burges 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import FeatureSet, PreparedFeatures
from features.snapshot import Snapshot
from models.behaviour.enrolment_model import EnrolmentModel
from models.behaviour.logistic import PortableLogistic
from models.candidates.candidate_features import CandidateFeatures
from models.candidates.candidate_generation import CandidateSource, FitData, query_for
from models.candidates.collaborative_candidates import Ease, GraphFilter, Neighbours, PeerPopularity
from models.candidates.content_candidates import NeedMatch, SameFacts, Text
from models.candidates.sequential_candidates import (
    Backward,
    Directed,
    Direction,
    NextStep,
    SequenceRidge,
    UsualOrder,
)
from models.data.enrolment_history import has_order, history_of
from models.data.relevance_labels import PairLabels
from models.data.temporal_split import SchoolSplit
from models.evaluation.ranking_metrics import ndcg, rank

Array = NDArray[np.float64]
Index = NDArray[np.intp]

FAMILIES: Final[tuple[tuple[CandidateSource, ...], ...]] = (
    (Directed(),),
    (Directed("directed_far", decay=1.0), Directed("directed_far", decay=1.0, fade=0.9, discount=0.4)),
    (Directed("directed_near", decay=0.5, fade=0.5, discount=0.2),),
    (NextStep(),),
    (NextStep("next_near", decay=0.7),),
    (Backward(),),
    (Direction(),),
    (Direction("direction_newest", newest_only=True),),
    (SequenceRidge(), SequenceRidge(ridge=100.0)),
    (SequenceRidge("sequence_long", past=0.9, future=0.8),),
    (UsualOrder(),),
    (UsualOrder("later_than_latest", than_latest=True),),
    (PeerPopularity(),),
    (Ease(ridge=50.0), Ease(ridge=200.0), Ease(ridge=600.0)),
    (GraphFilter(factors=64), GraphFilter(factors=128), GraphFilter(factors=256), GraphFilter(factors=400)),
    (Neighbours(nearest=100), Neighbours(nearest=300, fade=1.0)),
    (Neighbours("neighbours_after", ordered=True),),
    (SameFacts(),),
    (SameFacts("same_facts_newest", newest_only=True),),
    (Text(), Text(fade=1.0)),
    (Text("text_newest", newest_only=True),),
    (NeedMatch(),),
)
KINDS: Final = {
    kind.__name__: kind
    for kind in (
        Directed, NextStep, Backward, Direction, SequenceRidge, UsualOrder, PeerPopularity, Ease, GraphFilter,
        Neighbours, SameFacts, Text, NeedMatch,
    )
}  # fmt: skip
SEEDS: Final = 3
EACH: Final = 60  # candidates a source brings
TRAINED_EACH: Final = 15  # of fewer than SCORE_ALL courses, the first of every source are learnt from
MOST_ROWS: Final = 700_000  # pairs learnt from
MOST_TUNED: Final = 1500  # teachers by whom variants are chosen
FEWEST: Final = (40, 15)  # teachers with a hidden course to fit on, to stop on
BLOCK: Final = 256
MOST_TREES: Final = 400
PATIENCE: Final = 40
AT: Final = 10


@dataclass
class NextCourse:
    """Orders pairs by predicted next enrolment; `corrected` gives the logit of its probability."""

    features: FeatureSet
    uptake: EnrolmentModel
    seed: int = 0
    threads: int = 1
    families: Sequence[Sequence[CandidateSource]] = FAMILIES
    name: str = "ranker"
    sources: tuple[CandidateSource, ...] = ()
    ordered: bool = False
    trees: list[lightgbm.Booster] = field(default_factory=list)
    scale: dict[str, float] = field(default_factory=dict)
    _last: tuple[Snapshot, CandidateFeatures, PreparedFeatures] | None = field(default=None, repr=False)

    def fit_labels(self, snapshot: Snapshot, labels: PairLabels, roles: SchoolSplit) -> bool:
        """Learn from the enrolments in `labels` (value 1), hidden from `snapshot`; False when too few."""
        hidden = labels.take(labels.value > 0)
        people = [np.unique(hidden.t_idx[part[hidden.t_idx]]) for part in (roles.fitting, roles.stopping)]
        if any(len(found) < fewest for found, fewest in zip(people, FEWEST, strict=True)):
            return False
        self._last = None
        self.ordered = has_order(snapshot)
        self.sources = self._chosen(snapshot, hidden, people[0])
        fitting, stopping = (self._lists(snapshot, hidden, found) for found in people)
        if not (fitting[1].any() and stopping[1].any()):
            return False
        self.trees = [self._boost(fitting, stopping, self.seed + i) for i in range(SEEDS)]
        raw = self._raw(stopping[0])
        odds = PortableLogistic.fitted(("raw",), raw[:, None], stopping[1].astype(np.bool_), np.ones(len(raw)))
        slope = max(odds.slopes[0] / odds.scale[0], 1e-3)
        self.scale = {
            "slope": slope,
            "intercept": odds.intercept - slope * odds.mean[0],
            "floor": float(min(raw.min(), self._raw(fitting[0]).min())) - 1.0,
        }
        return True

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        """(n,) in units of the trees; courses that no source brought stand below all that one did."""
        out = np.zeros(len(t_idx))
        table = self._ready(snapshot)[0]
        teachers = np.unique(t_idx)
        for start in range(0, len(teachers), BLOCK):
            block = table.block(teachers[start : start + BLOCK])
            lowest, highest = block.asked.teachers[0], block.asked.teachers[-1]
            here = np.flatnonzero((t_idx >= lowest) & (t_idx <= highest))
            row, course = np.searchsorted(block.asked.teachers, t_idx[here]), c_idx[here]
            fused = block.fused[row, course].astype(np.float64)
            value = self.scale["floor"] - 2.0 + np.minimum(fused * 10.0, 1.0)
            kept = np.flatnonzero(block.kept[row, course])
            if len(kept):
                columns = self._columns(snapshot, block, row[kept], course[kept])
                value[kept] = np.maximum(self._raw(columns), self.scale["floor"])
            out[here] = value
        return out

    def corrected(self, snapshot: Snapshot, t_idx: Index, c_idx: Index, base: Array) -> Array:
        """(n,) logit of the probability of being taken next; `base` is not needed, it is a column."""
        return self.scale["intercept"] + self.scale["slope"] * self.score(snapshot, t_idx, c_idx)

    def to_texts(self) -> list[str]:
        """LightGBM's own texts, one a seed."""
        return [str(trees.model_to_string(num_iteration=_rounds(trees))) for trees in self.trees]

    def scale_json(self) -> dict[str, Any]:
        """What the texts cannot hold: the sources, the scale, and which features are expected."""
        return {
            "scale": self.scale,
            "objective": "uptake",
            "ordered": self.ordered,
            "sources": [{"kind": type(s).__name__, **asdict(s)} for s in self.sources],  # type: ignore[call-overload]
            "feature_fingerprint": self.features.fingerprint(),
        }

    def load(self, texts: Sequence[str], beside: Mapping[str, Any]) -> NextCourse:
        """Fill this ranker from `to_texts` and `scale_json`. Raises ValueError on other features."""
        if beside["feature_fingerprint"] != self.features.fingerprint():
            raise ValueError("the ranker was trained on other features: train again")
        self.sources = tuple(
            KINDS[held["kind"]](**{k: v for k, v in held.items() if k != "kind"})
            for held in beside["sources"]
        )
        self.ordered = bool(beside.get("ordered", False))
        self.trees = [lightgbm.Booster(model_str=text) for text in texts]
        self.scale = {name: float(value) for name, value in beside["scale"].items()}
        return self

    def _chosen(self, snapshot: Snapshot, hidden: PairLabels, teachers: Index) -> tuple[CandidateSource, ...]:
        """Of every family the variant that finds the hidden courses best by itself."""
        history = history_of(snapshot)
        teachers = teachers[:: max(len(teachers) // MOST_TUNED, 1)]
        known, asked = FitData(snapshot, history), query_for(history, teachers)
        open_to = snapshot.eligibility.block(teachers)
        worth = np.zeros(open_to.shape)
        mine = np.isin(hidden.t_idx, teachers)
        worth[np.searchsorted(teachers, hidden.t_idx[mine]), hidden.c_idx[mine]] = 1.0
        row, course = np.nonzero(open_to)
        found: list[CandidateSource] = []
        for family in self.families:
            values = [
                float(np.nanmean(ndcg(rank(row, source.fit(known)(asked)[row, course].astype(np.float64)),
                                      worth[row, course], AT)))
                for source in (family if len(family) > 1 else ())
            ]  # fmt: skip
            found.append(family[int(np.argmax(values))] if values else family[0])
        return tuple(found)

    def _lists(
        self, snapshot: Snapshot, hidden: PairLabels, teachers: Index
    ) -> tuple[NDArray[np.float32], Index, Index]:
        """Columns, labels and list lengths of the candidates of `teachers`, evenly thinned to MOST_ROWS."""
        table = self._ready(snapshot)[0]
        parts: list[tuple[NDArray[np.float32], Index, Index]] = []
        step = 1
        for start in range(0, len(teachers), BLOCK):
            block = table.block(teachers[start : start + BLOCK])
            kept = block.kept
            if len(teachers) * kept.shape[1] > MOST_ROWS:
                kept = kept & (np.min(list(block.places.values()), axis=0) < TRAINED_EACH)
            wanted = np.zeros(kept.shape, np.intp)
            mine = np.isin(hidden.t_idx, block.asked.teachers)
            wanted[np.searchsorted(block.asked.teachers, hidden.t_idx[mine]), hidden.c_idx[mine]] = 1
            kept = kept & ((wanted > 0) & kept).any(axis=1, keepdims=True)
            if start == 0:
                expected = kept.sum() / len(kept) * len(teachers)
                step = max(int(np.ceil(expected / MOST_ROWS)), 1)
            kept[np.arange(len(kept)) % step != 0] = False
            row, course = np.nonzero(kept)
            sizes = kept.sum(axis=1)
            columns = self._columns(snapshot, block, row, course)
            parts.append((columns, wanted[row, course], sizes[sizes > 0].astype(np.intp)))
        columns, wanted_all, sizes_all = (np.concatenate(column) for column in zip(*parts, strict=True))
        return columns, wanted_all, sizes_all

    def _boost(self, fitting: Any, stopping: Any, seed: int) -> lightgbm.Booster:
        parameters: dict[str, Any] = {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [AT],
            "lambdarank_truncation_level": AT + 3,
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
        data = lightgbm.Dataset(fitting[0], fitting[1], group=fitting[2], params=binning, free_raw_data=False)
        held = lightgbm.Dataset(stopping[0], stopping[1], group=stopping[2], reference=data, params=binning)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        return lightgbm.train(parameters, data, MOST_TREES, valid_sets=[held], callbacks=[stop])

    def _raw(self, columns: NDArray[np.float32]) -> Array:
        found = [
            trees.predict(columns, raw_score=True, num_threads=self.threads, num_iteration=_rounds(trees))
            for trees in self.trees
        ]
        return np.asarray(np.mean(found, axis=0), dtype=np.float64)

    def _columns(self, snapshot: Snapshot, block: Any, row: Index, course: Index) -> NDArray[np.float32]:
        table, prepared = self._ready(snapshot)
        teachers = block.asked.teachers[row]
        base = self.uptake.probability(snapshot, teachers, course)
        return np.concatenate(
            [table.columns(block, row, course), prepared.pairs(teachers, course), base[:, None]],
            axis=1, dtype=np.float32,
        )  # fmt: skip

    def _ready(self, snapshot: Snapshot) -> tuple[CandidateFeatures, PreparedFeatures]:
        last = self._last  # one read: another thread may set it in between
        if last is None or last[0] is not snapshot:
            table = CandidateFeatures(snapshot, self.sources, EACH, self.ordered)
            self._last = last = (snapshot, table, self.features.prepare(snapshot))
        return last[1], last[2]


def _rounds(trees: lightgbm.Booster) -> int:
    return int(trees.best_iteration) if trees.best_iteration > 0 else -1
