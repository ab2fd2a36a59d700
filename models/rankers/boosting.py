"""LightGBM lambdarank on top of a base score, deterministic, strongly regularised for small cities.

The trees fit a correction of a base score (the need rule's log gain, or the logit of the enrolment probability): it
enters as `init_score`, so a model without a signal stops at once and orders exactly like its base.
Sources: Burges 2010 (LambdaMART); label gains 0, 1, 3, 7, 15 and truncation k + 3 as measurement D6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import lightgbm

Array = NDArray[np.float64]
LABEL_GAIN: Final = (0.0, 1.0, 3.0, 7.0, 15.0)
EVAL_AT: Final = 10
MAX_TREES: Final = 300
PATIENCE: Final = 30
LONGEST_QUERY: Final = 10_000  # LightGBM's own limit


@dataclass(frozen=True)
class RankingLists:
    """n documents in the order of their queries: features (n, D); base, grade 0..4 and weight > 0 (n,).

    Raises ValueError where sizes do not add up to n or a query is too long.
    """

    features: NDArray[np.float32]
    base: Array
    grade: NDArray[np.intp]
    weight: Array
    sizes: NDArray[np.intp]

    def __post_init__(self) -> None:
        if int(self.sizes.sum()) != len(self.base):
            raise ValueError(f"queries of {int(self.sizes.sum())} documents do not fit {len(self.base)}")
        if len(self.sizes) and self.sizes.max() > LONGEST_QUERY:
            raise ValueError(f"a query has more than {LONGEST_QUERY} documents")


def boost(
    fitting: RankingLists,
    stopping: RankingLists,
    names: Sequence[str],
    monotone: Sequence[int],
    seed: int,
    threads: int = 1,
) -> lightgbm.Booster:
    """Trees that correct `base`; `monotone` is +1, 0 or -1 a feature (monotone constraints).

    Stops when NDCG@10 on `stopping` no longer grows. The same arguments give the same bytes of model text.
    """
    documents = len(fitting.base)
    parameters: dict[str, Any] = {
        "objective": "lambdarank",
        "metric": "ndcg",
        "eval_at": [EVAL_AT],
        "label_gain": list(LABEL_GAIN),
        "lambdarank_truncation_level": EVAL_AT + 3,
        "monotone_constraints": list(monotone),
        "monotone_constraints_method": "advanced",
        "learning_rate": 0.03,
        "num_leaves": 7 if documents < 20_000 else 31,
        "min_data_in_leaf": max(20, min(500, documents // 40)),
        "lambda_l2": 20.0,
        "min_gain_to_split": 0.0,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 63,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }
    import lightgbm  # only where trees are used: 35 MB with what it imports

    data = _dataset(fitting, names, None)
    return lightgbm.train(
        parameters,
        data,
        num_boost_round=MAX_TREES,
        valid_sets=[_dataset(stopping, names, data)],
        callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False, min_delta=1e-4)],
    )


def best_iteration(trees: lightgbm.Booster) -> int:
    """Trees to predict with; -1 (all) where training did not stop early or the model was read from text."""
    return int(trees.best_iteration) if trees.best_iteration > 0 else -1


def _dataset(
    lists: RankingLists, names: Sequence[str], reference: lightgbm.Dataset | None
) -> lightgbm.Dataset:
    import lightgbm

    return lightgbm.Dataset(
        lists.features,
        label=lists.grade,
        weight=lists.weight / lists.weight.mean(),
        group=lists.sizes,
        init_score=lists.base,
        feature_name=list(names),
        reference=reference,
        params={"max_bin": 63, "feature_pre_filter": False, "verbosity": -1},
        free_raw_data=False,
    )
