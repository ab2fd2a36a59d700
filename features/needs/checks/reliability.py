"""What each source adds: mean reliability with all sources, and without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.needs.checks.conditioning import Posterior
from features.needs.checks.ground import Sample

Array = NDArray[np.float64]
NAME_OF: Final = {
    "class_gain": "class_results",
    "class_level": "class_results",
}  # the same pupils and classes
FEWEST: Final = 10  # people a number may be about


def sources_of(sample: Sample) -> dict[str, tuple[str, ...]]:
    """Source as people know it -> the parts of the model that it is."""
    told: dict[str, tuple[str, ...]] = {}
    for name in sample.names:
        known = NAME_OF.get(name, name)
        told[known] = (*told.get(known, ()), name)
    return told


def reliability_by_source(
    sample: Sample, leaves: tuple[str, ...], whole: Posterior, without: Mapping[str, Posterior]
) -> pd.DataFrame:
    """Rows competency_id ("all" first), source, people, whole, without, drop: means over the sample's teachers to
    whom the competency applies; NaN where they are fewer than FEWEST."""
    people = sample.applies.sum(axis=0)
    rows = []
    for source, less in without.items():
        pairs = zip(("all", *leaves), (slice(None), *range(len(leaves))), strict=True)
        for name, k in pairs:
            here = sample.applies[:, k]
            n = int(here.any(axis=1).sum()) if name == "all" else int(people[k])
            both = [_mean(p.reliability[:, k], here) if n >= FEWEST else np.nan for p in (whole, less)]
            rows.append((name, source, n, both[0], both[1], both[0] - both[1]))
    return pd.DataFrame(rows, columns=["competency_id", "source", "people", "whole", "without", "drop"])


def _mean(values: Array, here: NDArray[np.bool_]) -> float:
    return float(values[here].mean()) if here.any() else float("nan")
