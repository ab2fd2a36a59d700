"""How large the risk is that a row of de-identified data is led back to a person, or says something certain about her.

Source of the measures: El Emam & Dankar (2008), Protecting privacy using k-anonymity (prosecutor and journalist scenario);
Machanavajjhala et al. (2007), l-diversity (what a class tells of all in it).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.research.k_anonymity import class_sizes


@dataclass(frozen=True)
class ReidentificationRisk:
    """teachers: in the register; left_out: who refused the use of data about them; unknown: without evidence of their own;
    not_sampled; suppressed: in small classes, or other cells than their class; rows: exported, in `classes` classes.

    unique_before: share of the register that is the only one of its values before anything was coarsened. unique: the
    same of the rows that are exported. prosecutor_max, prosecutor_mean: the chance of naming the right row for a person of
    whom it is known that she is in the data, for the worst row and on average. journalist_max: where that is not known, from
    the register. membership_max: the chance that a person of the register with the values of a class is in the data, for the
    most telling class. certain: share of the cells in which nearly all of a class have the same clear need; blanked: those cells,
    which are not exported.
    """

    teachers: int
    left_out: int
    unknown: int
    not_sampled: int
    suppressed: int
    rows: int
    classes: int
    k: int
    smallest_class: int
    median_class: float
    unique_before: float
    unique: float
    prosecutor_max: float
    prosecutor_mean: float
    journalist_max: float
    membership_max: float
    certain: float
    blanked: int

    def as_json(self) -> dict[str, Any]:
        """For risk.json."""
        return asdict(self)


def linkage_risk(exported: pd.DataFrame, register: pd.DataFrame) -> dict[str, float]:
    """Prosecutor, journalist and membership risk of exported rows within the register, both generalised alike.

    exported: (n, q); register: (N, q) of which they are a part.
    """
    if not len(exported):
        return {"prosecutor_max": 0.0, "prosecutor_mean": 0.0, "journalist_max": 0.0, "membership_max": 0.0}
    sizes = class_sizes(exported)
    columns = list(exported.columns)
    people = register.groupby(columns, dropna=False).size()
    rows = exported.groupby(columns, dropna=False).size()
    of_people = people.reindex(rows.index).to_numpy(np.float64)
    return {
        "prosecutor_max": float((1.0 / sizes).max()),
        "prosecutor_mean": float((1.0 / sizes).mean()),
        "journalist_max": float((1.0 / of_people).max()),
        "membership_max": float((rows.to_numpy(np.float64) / of_people).max()),
    }


def unique_share(frame: pd.DataFrame) -> float:
    """Share of rows that are the only one of their values."""
    return float((class_sizes(frame) == 1).mean()) if len(frame) else 0.0


def telling_cells(classes: NDArray[np.int64], clear: NDArray[np.bool_], certainty: float) -> NDArray[np.bool_]:
    """(n, K) True where at least a share `certainty` of a row's class has a clear need in the competency.

    classes: (n,) number of each row's class. clear: (n, K). Whoever knows that a person is in the class knows of the need.
    """
    if not len(classes):
        return clear
    counts = np.bincount(classes)
    totals = np.zeros((len(counts), clear.shape[1]))
    np.add.at(totals, classes, clear)
    shares = totals / np.maximum(counts, 1)[:, None]
    return np.asarray(shares[classes] >= certainty)
