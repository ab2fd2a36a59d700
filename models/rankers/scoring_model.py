"""What a bundle scores with: need rule, completion, enrolment probability and, where promoted, the ranker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import default_features
from features.documents import parse_json
from features.snapshot import Snapshot
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.effects.need_rule import NeedRule, PreparedNeedRule
from models.evaluation.promotion_gate import Objective, RankedBy
from models.rankers.gain_ranker import GainRanker, PreparedGainRanker, dumps, log_gain, logit
from models.rankers.next_course import NextCourse, PreparedNextCourse
from models.rankers.pair_scores import PairScores, list_score
from models.rankers.scorer import PreparedScorer

Array = NDArray[np.float64]
Index = NDArray[np.intp]
RANKER_FILES: Final = ("ranker.txt", "ranker-2.txt", "ranker-3.txt")  # one a seed
BLOCK: Final = 1_000_000  # pairs scored at once


@dataclass(frozen=True)
class ScoringModel:
    """Scores pairs by its objective; the ranker counts only where `ranked_by` says so."""

    objective: Objective
    ranked_by: RankedBy
    rule: NeedRule
    completion: CompletionModel
    enrolment: EnrolmentModel
    ranker: GainRanker | NextCourse | None

    def prepare(self, snapshot: Snapshot) -> PreparedScoringModel:
        """Everything that scoring this snapshot's pairs needs once."""
        ranker = self.ranker if self.ranked_by == "ranker" else None
        return PreparedScoringModel(
            self.objective, self.rule.prepare(snapshot), self.completion.prepare(snapshot),
            self.enrolment.prepare(snapshot), None if ranker is None else ranker.prepare(snapshot),
        )  # fmt: skip

    def files(self) -> dict[str, bytes]:
        """The files of a bundle, without the card."""
        files = {
            "completion.json": dumps(self.completion.to_json()),
            "uptake.json": dumps(self.enrolment.to_json()),
            "need_rule.json": dumps(self.rule.to_json()),
        }
        if self.ranker is not None and self.ranker.trees:
            for name, text in zip(RANKER_FILES, self.ranker.to_texts(), strict=False):
                files[name] = text.encode("utf-8")
            files["calibration.json"] = dumps(self.ranker.scale_json())
        return files


@dataclass(frozen=True)
class PreparedScoringModel:
    """A scoring model on one snapshot."""

    objective: Objective
    rule: PreparedNeedRule
    completion: PreparedScorer
    enrolment: PreparedScorer
    ranker: PreparedGainRanker | PreparedNextCourse | None

    def __call__(self, t_idx: Index, c_idx: Index) -> PairScores:
        """(n,) scores of the pairs; a pair's scores depend on no other pair."""
        blocks = range(0, len(t_idx), BLOCK)
        return PairScores.concatenate(
            [self._block(t_idx[i : i + BLOCK], c_idx[i : i + BLOCK]) for i in blocks]
        )

    def _block(self, t_idx: Index, c_idx: Index) -> PairScores:
        p_complete, p_enrol = self.completion(t_idx, c_idx), self.enrolment(t_idx, c_idx)
        gain = self.rule.gain(t_idx, c_idx, p_complete)
        mean, sd, course_sd = gain.mean, gain.sd, gain.course_sd
        if self.objective == "uptake":
            if self.ranker is not None:
                p_enrol = 1.0 / (1.0 + np.exp(-self.ranker.corrected(t_idx, c_idx, logit(p_enrol))))
            return PairScores(p_enrol, mean, sd, course_sd, p_complete, p_enrol)
        if self.ranker is not None:
            corrected = np.exp(self.ranker.corrected(t_idx, c_idx, log_gain(mean)))
            scale = np.maximum(mean, 1e-12)
            mean, sd, course_sd = corrected, sd * corrected / scale, course_sd * corrected / scale
        return PairScores(list_score(mean, p_enrol), mean, sd, course_sd, p_complete, p_enrol)


def new_ranker(
    objective: Objective,
    rule: NeedRule,
    completion: CompletionModel,
    enrolment: EnrolmentModel,
    seed: int,
    threads: int = 1,
) -> GainRanker | NextCourse:
    """An unfitted ranker: of next enrolments without evidence, else a correction of the need rule."""
    if objective == "uptake":
        return NextCourse(default_features(), enrolment, seed, threads)

    def prepare(snapshot: Snapshot) -> PreparedScorer:
        gains, completes = rule.prepare(snapshot), completion.prepare(snapshot)
        return lambda t_idx, c_idx: log_gain(gains.gain(t_idx, c_idx, completes(t_idx, c_idx)).mean)

    return GainRanker(prepare, default_features(), objective, seed, threads)


def read_scoring_model(files: Mapping[str, bytes], objective: Objective, ranked_by: RankedBy) -> ScoringModel:
    """Parses the files of a bundle; call it only with bytes whose hashes were checked."""
    completion = CompletionModel.from_json(parse_json(files["completion.json"], len(files["completion.json"])))
    enrolment = EnrolmentModel.from_json(parse_json(files["uptake.json"], len(files["uptake.json"])))
    rule = NeedRule.from_json(parse_json(files["need_rule.json"], len(files["need_rule.json"])))
    ranker = None
    if "ranker.txt" in files:
        ranker = new_ranker(objective, rule, completion, enrolment, seed=0)
        texts = [files[name].decode("utf-8") for name in RANKER_FILES if name in files]
        ranker.load(texts, parse_json(files["calibration.json"], len(files["calibration.json"])))
    return ScoringModel(objective, ranked_by, rule, completion, enrolment, ranker)
