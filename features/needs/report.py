"""The rows of the contract's `needs` file, from arrays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.gap import band, expected_gap, p_need

Array = NDArray[np.float64]
COLUMNS = [
    "unit_kind", "unit_id", "competency_id", "mean", "sd", "reliability", "gap_mean", "gap_sd", "p_need",
    "expected_gap", "band", "sources", "n_evidence", "as_of",
]  # fmt: skip
INDIRECT = ("monitoring", "self_report")


@dataclass(frozen=True)
class Units:
    """U units of one kind. (U, K) arrays: mean, sd, prior variance, target, counts (rows wanted), evidence,
    heard (U, K) bit mask of sources; gaps (U, K) expected gaps where they are not the normal's own."""

    kind: str
    ids: NDArray[np.object_]
    mean: Array
    sd: Array
    prior: Array
    target: Array
    wanted: NDArray[np.bool_]
    evidence: NDArray[np.float64]
    heard: NDArray[np.intp]
    gaps: Array | None = None


def unit_rows(units: Units, competency_ids: tuple[str, ...], sources: list[str], as_of: date) -> pd.DataFrame:
    """One row a wanted (unit, competency), by unit then competency."""
    u, k = np.nonzero(units.wanted)
    mean, sd = units.mean[u, k], units.sd[u, k]
    reliability = np.clip(1.0 - sd**2 / units.prior[u, k], 0.0, 1.0)
    gap = units.target[u, k] - mean
    probability = p_need(gap, sd)
    size = expected_gap(gap, sd) if units.gaps is None else units.gaps[u, k]
    heard = units.heard[u, k]
    masks = np.unique(heard)
    texts = [";".join(sorted(n for i, n in enumerate(sources) if mask >> i & 1)) for mask in masks]
    direct = sum(1 << i for i, name in enumerate(sources) if name not in INDIRECT)
    indirect = (heard & direct) == 0
    if units.kind != "teacher":
        indirect = np.zeros(len(heard), dtype=bool)
    frame = {
        "unit_kind": np.full(len(u), units.kind, dtype=object),
        "unit_id": units.ids[u],
        "competency_id": np.asarray(competency_ids, dtype=object)[k],
        "mean": mean, "sd": sd, "reliability": reliability, "gap_mean": gap, "gap_sd": sd,
        "p_need": probability, "expected_gap": size, "band": band(reliability, probability, indirect),
        "sources": np.asarray(texts, dtype=object)[np.searchsorted(masks, heard)] if len(u) else [],
        "n_evidence": units.evidence[u, k].astype(np.int64),
        "as_of": np.full(len(u), as_of.isoformat(), dtype=object),
    }  # fmt: skip
    return pd.DataFrame(frame)[COLUMNS].astype(
        {name: "str" for name in ("unit_kind", "unit_id", "competency_id", "band", "sources", "as_of")}
    )
