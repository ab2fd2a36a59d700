"""What a bundle scores with: the need rule, completion, take-up and, where it was promoted, the ranker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from features.builders.feature_set import default_features
from features.snapshot import Snapshot
from models.behaviour.completion import CompletionModel
from models.behaviour.enrolment_model import EnrolmentModel
from models.effects.need_rule import NeedRule
from models.evaluation.promotion_gate import Objective, RankedBy
from models.rankers.gain_ranker import GainRanker, dumps, log_gain, logit
from models.rankers.next_course import NextCourse
from models.rankers.pair_scores import PairScores, list_score

Array = NDArray[np.float64]
Index = NDArray[np.intp]
RANKER_FILES: Final = ("ranker.txt", "ranker-2.txt", "ranker-3.txt")  # one a seed
BLOCK: Final = 1_000_000  # pairs scored at once


@dataclass(frozen=True)
class ScoringModel:
    """Scores pairs the way its objective says."""

    objective: Objective
    ranked_by: RankedBy
    rule: NeedRule
    completion: CompletionModel
    uptake: EnrolmentModel
    ranker: GainRanker | NextCourse | None

    def score(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> PairScores:
        """(n,) scores of the pairs; the same for a pair whatever stands beside it."""
        if not len(t_idx):
            return PairScores(*(np.zeros(0) for _ in range(5)))
        parts = [
            self._block(snapshot, t_idx[start : start + BLOCK], c_idx[start : start + BLOCK])
            for start in range(0, len(t_idx), BLOCK)
        ]
        return PairScores(
            np.concatenate([p.score for p in parts]),
            np.concatenate([p.gain_mean for p in parts]),
            np.concatenate([p.gain_sd for p in parts]),
            np.concatenate([p.p_complete for p in parts]),
            np.concatenate([p.p_uptake for p in parts]),
        )

    def _block(self, snapshot: Snapshot, t_idx: Index, c_idx: Index) -> PairScores:
        p_complete = self.completion.probability(snapshot, t_idx, c_idx)
        p_uptake = self.uptake.probability(snapshot, t_idx, c_idx)
        mean, sd = self.rule.gain(snapshot, t_idx, c_idx, p_complete)
        if self.objective == "uptake":
            score = p_uptake
            if self.ranked_by == "ranker" and self.ranker is not None:
                moved = self.ranker.corrected(snapshot, t_idx, c_idx, logit(p_uptake))
                score = p_uptake = 1.0 / (1.0 + np.exp(-moved))
            return PairScores(score, mean, sd, p_complete, p_uptake)
        if self.ranked_by == "ranker" and self.ranker is not None:
            moved = np.exp(self.ranker.corrected(snapshot, t_idx, c_idx, log_gain(mean)))
            sd = sd * moved / np.maximum(mean, 1e-12)
            mean = moved
        return PairScores(list_score(mean, p_uptake), mean, sd, p_complete, p_uptake)

    def files(self) -> dict[str, bytes]:
        """The files of a bundle, without the card."""
        files = {
            "completion.json": dumps(self.completion.to_json()),
            "uptake.json": dumps(self.uptake.to_json()),
            "need_rule.json": dumps(self.rule.to_json()),
        }
        if self.ranker is not None and self.ranker.trees:
            for name, text in zip(RANKER_FILES, self.ranker.to_texts(), strict=False):
                files[name] = text.encode("utf-8")
            files["calibration.json"] = dumps(self.ranker.scale_json())
        return files


def new_ranker(
    objective: Objective, rule: NeedRule, completion: CompletionModel, uptake: EnrolmentModel, seed: int, threads: int = 1
) -> GainRanker | NextCourse:
    """An unfitted ranker: of next enrolments without evidence, else a correction of the need rule."""
    if objective == "uptake":
        return NextCourse(default_features(), uptake, seed, threads)

    def by_gain(snapshot: Snapshot, t_idx: Index, c_idx: Index) -> Array:
        return log_gain(rule.gain(snapshot, t_idx, c_idx, completion.probability(snapshot, t_idx, c_idx))[0])

    return GainRanker(by_gain, default_features(), objective, seed, threads)


def read_scoring_model(files: Mapping[str, bytes], objective: Objective, ranked_by: RankedBy) -> ScoringModel:
    """Parse the files of a bundle; call it only with bytes whose hashes were checked."""
    completion = CompletionModel.from_json(json.loads(files["completion.json"]))
    uptake = EnrolmentModel.from_json(json.loads(files["uptake.json"]))
    rule = NeedRule.from_json(json.loads(files["need_rule.json"]))
    ranker = None
    if "ranker.txt" in files:
        ranker = new_ranker(objective, rule, completion, uptake, seed=0)
        texts = [files[name].decode("utf-8") for name in RANKER_FILES if name in files]
        ranker.load(texts, json.loads(files["calibration.json"]))
    return ScoringModel(objective, ranked_by, rule, completion, uptake, ranker)
