"""How fast abilities change: phi, the correlation of an ability with itself a year later.

    product of two values of a teacher on one indicator = c + loading^2 x phi^years + noise

c, what stays whatever the years (halo, style, the school), is free; the loading is known from other sources. phi is the
least-squares solution of each source (Gauss-Newton), its error clustered by teacher; sources are combined with the prior by
precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.needs.evidence.sources.source_registry import teacher_source
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.source_parameters import PHI, PHI_SD

Array = NDArray[np.float64]
Index = NDArray[np.intp]

SLOWEST: Final = 0.995
FASTEST: Final = 0.60
MODEL_SD: Final = 0.015  # of one source's phi, that does not fall with the number of teachers
PEOPLE: Final = 20_000
NEIGHBOURS: Final = 6  # places in the list of a teacher and indicator, ordered by age
FEWEST_PAIRS: Final = 200
LEAST_SPREAD: Final = 0.2  # SD of the years between two values
LEAST_LOADING: Final = 0.2
STEPS: Final = 30


class LagPairs(NamedTuple):
    """n pairs of values of a teacher on one indicator and two occasions: years between, product, teacher, each (n,)."""

    years: Array
    product: Array
    teacher: Index


def lag_pairs(source: StandardizedSource, teachers: int) -> LagPairs:
    """Pairs of the first `teachers` teachers, up to NEIGHBOURS places apart in time."""
    keep = source.t < teachers
    t, j, occasion = source.t[keep], source.j[keep], source.occasion[keep]
    key = (t * (int(source.j.max(initial=0)) + 1) + j).astype(np.int64)
    value, age = source.value[keep] / source.share[keep], source.age[keep]
    order = np.lexsort((value, age, key))
    key, value, age = key[order], value[order], age[order]
    person, sitting = t[order], occasion[order]
    parts = []
    for step in range(1, NEIGHBOURS + 1):
        pair = (key[step:] == key[:-step]) & (sitting[step:] != sitting[:-step])
        years, product = np.abs(age[step:] - age[:-step]), value[step:] * value[:-step]
        parts.append((years[pair], product[pair], person[step:][pair]))
    return LagPairs(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def decay_of_source(pairs: LagPairs, size: float, start: float = PHI) -> tuple[float, float]:
    """phi and its standard error from pairs whose common ability has variance `size` (the squared loading); (start, inf) where
    too few are far enough apart."""
    if len(pairs.years) < FEWEST_PAIRS or float(np.std(pairs.years)) < LEAST_SPREAD:
        return start, np.inf
    x, y = pairs.years, pairs.product
    phi, slope = start, np.zeros(0)
    for _ in range(STEPS):
        slope = size * x * phi ** np.maximum(x - 1.0, 0.0)
        slope = slope - slope.mean()
        fitted = size * phi**x
        step = float(slope @ (y - y.mean() - fitted + fitted.mean())) / max(float(slope @ slope), 1e-12)
        moved = float(np.clip(phi + np.clip(step, -0.1, 0.1), FASTEST, 1.0))
        settled, phi = abs(moved - phi) < 1e-6, moved
        if settled:
            break
    rest = y - y.mean() - size * (phi**x - (phi**x).mean())
    clustered = np.bincount(pairs.teacher, slope * rest)
    return phi, float(np.sqrt((clustered**2).sum()) / max(float(slope @ slope), 1e-12))


def ability_decay(
    sources: Sequence[StandardizedSource], loading: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    """phi and its standard deviation, prior and sources together; loading: with its standard deviation, by source."""
    weight, moved = 1.0 / PHI_SD**2, 0.0
    for source in sources:
        value, sd = loading[source.name]
        if not teacher_source(source.name).informs_decay or value <= LEAST_LOADING:
            continue
        phi, error = decay_of_source(lag_pairs(source, PEOPLE), value**2)
        if np.isfinite(error):
            of_loading = 2.0 * (1.0 - phi) * sd / value
            precision = 1.0 / (error**2 + of_loading**2 + MODEL_SD**2)
            weight, moved = weight + precision, moved + (phi - PHI) * precision
    return float(np.clip(PHI + moved / weight, FASTEST, SLOWEST)), float(1.0 / np.sqrt(weight))
