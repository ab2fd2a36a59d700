"""The gate a trained ranker has to pass before it ranks anything for people.

It passes only when the paired 95% interval of its NDCG@10 over the need rule (over popularity when there is
no evidence at all) lies above 0, on labels of schools it never saw and that the rule did not make. With
evidence it also has to hold when each teacher's own level is taken off (`models/evaluation/evaluation.py`).
Otherwise the bundle ranks by the need rule with its trained completion model (by predicted take-up without
evidence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Interval, paired_difference

Objective = Literal["gain", "uptake"]
RankedBy = Literal["need_rule", "ranker", "uptake"]
FEWEST_SCHOOLS: Final = 5  # held out; an interval over fewer is no proof
FALLBACK: Final[dict[Objective, RankedBy]] = {"gain": "need_rule", "uptake": "uptake"}
RIVAL: Final[dict[Objective, str]] = {"gain": "need_rule", "uptake": "popularity"}


@dataclass(frozen=True)
class GateDecision:
    """Who ranks, and why, in words."""

    objective: Objective
    ranked_by: RankedBy
    rival: str
    difference: Interval | None
    zh: str
    en: str

    @property
    def promoted(self) -> bool:
        """True when the trained ranker passed."""
        return self.ranked_by == "ranker"


def decide(
    objective: Objective,
    ranker: NDArray[np.float64],
    rival: NDArray[np.float64],
    schools: NDArray[np.generic],
    seed: int,
    name: str = "",
) -> GateDecision:
    """Judge NDCG@10 per held-out query (Q,) of the ranker against its rival; `schools` (Q,) are clusters.

    name: of the rival, by default the contract's for this objective.
    """
    difference = paired_difference(ranker, rival, schools, seed)
    name = name or RIVAL[objective]
    span = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    zh_rival = {"need_rule": "需求规则", "popularity": "热门排序", "served": "现用排序"}[name]
    if difference.above_zero and difference.clusters >= FEWEST_SCHOOLS:
        return GateDecision(
            objective, "ranker", name, difference,
            f"训练所得排序模型在未见学校上优于{zh_rival}："
            f"NDCG@10 差 {span}（95% 区间全在 0 以上），予以启用。",
            f"The trained ranker beats {_words(name)} on schools it never saw: NDCG@10 difference {span} "
            "(the whole 95% interval above 0); it ranks.",
        )  # fmt: skip
    fallback = FALLBACK[objective]
    zh_fallback, en_fallback = _fallback_words(fallback)
    if difference.clusters < FEWEST_SCHOOLS:
        return GateDecision(
            objective, fallback, name, difference,
            f"可用于评估的未见学校只有 {difference.clusters} 所（至少需要 {FEWEST_SCHOOLS} 所），"
            f"不足以证明排序模型优于{zh_rival}（差 {difference.value:+.3f}），{zh_fallback}。",
            f"Only {difference.clusters} held-out schools to judge by, {FEWEST_SCHOOLS} are needed to prove the "
            f"ranker better than {_words(name)} (difference {difference.value:+.3f}); {en_fallback}.",
        )  # fmt: skip
    return GateDecision(
        objective, fallback, name, difference,
        f"训练所得排序模型未能证明优于{zh_rival}："
        f"NDCG@10 差 {span}（{difference.clusters} 所未见学校），{zh_fallback}。",
        f"The trained ranker did not prove better than {_words(name)}: NDCG@10 difference {span} "
        f"({difference.clusters} schools held out); {en_fallback}.",
    )  # fmt: skip


def without_ranker(objective: Objective, zh: str, en: str) -> GateDecision:
    """The decision where no ranker could be trained or judged; `zh` and `en` say why, without a full stop."""
    fallback = FALLBACK[objective]
    zh_fallback, en_fallback = _fallback_words(fallback)
    return GateDecision(
        objective, fallback, RIVAL[objective], None, f"{zh}，{zh_fallback}。", f"{en}; {en_fallback}."
    )


def _words(rival: str) -> str:
    return {
        "need_rule": "the need rule",
        "popularity": "popularity",
        "served": "what would be served otherwise",
    }[rival]


def _fallback_words(fallback: RankedBy) -> tuple[str, str]:
    if fallback == "need_rule":
        return (
            "按需求规则及预测的完成率排序",
            "courses are ranked by the need rule and the predicted completion",
        )
    return "按预测的下一次选课排序", "courses are ranked by predicted next enrolment"
