"""Variance components and loadings, by moments, each drawn to a stated prior as far as the data cannot say.

A value of source m on indicator j of teacher t in school s, in SD of single values:

    x = share x loading_m x q_j'theta_t + shared_ms + method_mtj + noise_mtoj

theta has variance 1 over the population, of which `school` and `district` lie between schools and
districts; two competencies correlate `common`. `shared` is what a whole school's values of a source have in
common beside ability (leniency of its own raters, what the school itself adds); `method` stays with the
teacher over occasions without being ability (halo, style); `noise` is new on every occasion and, like method,
partly common to all indicators of the occasion.

Who is told by which products of values (means over pairs):
- two occasions of a teacher, one source: ability + shared + method, noise having gone;
- two sources, one teacher: loading_m x loading_n, since errors of different sources are independent; its
  dependence on whether the indicators mean the same competency tells `common`;
- two teachers of a school, two sources: the same x `school`; one source: that + shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from features.needs.averages import Averages, average
from features.needs.measures import Source
from features.needs.moments import Moment, across_sources, known_noise, within_occasions, within_schools

Array = NDArray[np.float64]

# share of a source's stable variance that is ability; weight in pairs of teachers the prior is worth
VALIDITY: Final = {
    "observation": 0.70,
    "student_feedback": 0.45,
    "self_report": 0.15,
    "class_gain": 0.60,
    "class_level": 0.30,
}
STABLE: Final = 0.5  # share of a value's variance that stays, where nobody was measured twice
COMMON, SCHOOL, DISTRICT = 0.5, 0.15, 0.03
PRIOR_LOG_SD: Final = 0.35  # of a loading
PRIOR_PAIRS: Final = 300.0  # what the priors of `common` and `school` are worth


@dataclass(frozen=True)
class Noise:
    """Of one source: loading; method and noise variances, diagonal and common part; shared by school."""

    loading: float
    loading_sd: float
    method: float
    method_common: float
    noise: float
    noise_common: float
    shared: float


@dataclass(frozen=True)
class Components:
    """Everything the posterior needs, and the same as rows for people."""

    common: float
    school: float
    district: float
    sources: dict[str, Noise]
    rows: pd.DataFrame


def estimate(sources: list[Source], school: NDArray[np.intp], districts: int) -> Components:
    """Components of the sources that have any value; school (N,) of each teacher.

    Abilities are counted from the mean of the workspace, so that a single district has nothing of its own.
    """
    told = [s for s in sources if len(s)]
    cells = {s.name: average(s) for s in told}
    stable = {s.name: _stable(s) for s in told}
    pairs = _pairs(told, cells)
    loading, spread = _loadings(told, stable, pairs)
    common, common_n = _common(pairs)
    share, share_n = _school(told, cells, loading, school)
    found: dict[str, Noise] = {}
    for source in told:
        name = source.name
        shared = _shared(cells[name], school, loading[name], common, share)
        found[name] = _noise(stable[name], loading[name], spread[name], shared, common, share)
    apart = DISTRICT * max(1.0 - 1.0 / max(districts, 1), 1e-3)
    rows = _as_rows(found, (common, common_n), (share, share_n), apart, told)
    return Components(common, share, apart, found, rows)


@dataclass(frozen=True)
class _Stable:
    """Diagonal and common part of the covariance over occasions, and of what is new on each."""

    same: float
    cross: float
    noise: float
    noise_cross: float
    measured: bool


def _stable(source: Source) -> _Stable:
    total = float(np.mean(source.value**2))
    moment, inside = within_occasions(source)
    sampling = known_noise(source)
    cross_total = inside.mean if inside.pairs > 0 else 0.5 * total
    if moment.pairs < 60:
        same = STABLE * max(total - sampling[0], 0.1 * total)
        cross = same * np.clip(cross_total / max(total, 1e-9), 0.0, 1.0)
        return _Stable(same, float(cross), *_rest(total, cross_total, same, float(cross), sampling), False)
    same = float(np.clip(moment.same, 0.05 * total, 0.95 * total))
    cross = float(np.clip(moment.cross if moment.cross_pairs else 0.6 * same, 0.0, same))
    return _Stable(same, cross, *_rest(total, cross_total, same, cross, sampling), True)


def _rest(
    total: float, cross_total: float, same: float, cross: float, sampling: tuple[float, float]
) -> tuple[float, float]:
    noise = max(total - same - sampling[0], 0.02 * total)
    return noise, float(np.clip(cross_total - cross - sampling[1], 0.0, noise))


def _pairs(told: list[Source], cells: dict[str, Averages]) -> dict[tuple[str, str], Moment]:
    names = [s.name for s in told]
    return {(a, b): across_sources(cells[a], cells[b]) for i, a in enumerate(names) for b in names[i + 1 :]}


def _loadings(
    told: list[Source], stable: dict[str, _Stable], pairs: dict[tuple[str, str], Moment]
) -> tuple[dict[str, float], dict[str, float]]:
    """Loadings from products of sources, log-normal priors from VALIDITY; (loading, sd) by source."""
    names = [s.name for s in told]
    prior = np.array([0.5 * np.log(VALIDITY[n] * stable[n].same) for n in names])
    used = [(names.index(a), names.index(b), m) for (a, b), m in pairs.items() if m.pairs >= 30]

    def misfit(log_loading: Array) -> Array:
        fit = [
            (m.same - np.exp(log_loading[i] + log_loading[j])) / np.sqrt(m.variance + 0.02**2)
            for i, j, m in used
        ]
        return np.array([*fit, *((log_loading - prior) / PRIOR_LOG_SD)])

    if not names:
        return {}, {}
    found = least_squares(misfit, prior)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    loading = np.exp(found.x)
    top = np.array([np.sqrt(0.97 * stable[n].same) for n in names])
    loading = np.minimum(loading, top)
    spread = loading * np.sqrt(np.diag(covariance))
    return dict(zip(names, loading.tolist(), strict=True)), dict(zip(names, spread.tolist(), strict=True))


def _common(pairs: dict[tuple[str, str], Moment]) -> tuple[float, float]:
    """Correlation of two competencies, over all pairs of sources that agree at all."""
    good = [m for m in pairs.values() if m.same > 0 and m.cross_pairs >= 30 and m.pairs >= 30]
    weight = np.array([m.pairs * min(m.same, 1.0) for m in good])
    ratio = np.array([np.clip(m.cross / m.same, 0.0, 1.0) for m in good])
    told = float(weight.sum()) if good else 0.0
    value = (float(weight @ ratio) if good else 0.0) + COMMON * PRIOR_PAIRS
    return float(np.clip(value / (told + PRIOR_PAIRS), 0.1, 0.9)), told


def _school(
    told: list[Source], cells: dict[str, Averages], loading: dict[str, float], school: NDArray[np.intp]
) -> tuple[float, float]:
    """Share of ability's variance between schools, from products of different sources of colleagues."""
    top, weight = SCHOOL * PRIOR_PAIRS, PRIOR_PAIRS
    names = [s.name for s in told]
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            moment = within_schools(cells[a], cells[b], school)
            scale = loading[a] * loading[b]
            if moment.schools >= 10:
                top += moment.mean / scale * moment.schools * 20 * min(scale, 1.0)
                weight += moment.schools * 20 * min(scale, 1.0)
    return float(np.clip(top / weight, 0.02, 0.5)), weight - PRIOR_PAIRS


def _shared(cell: Averages, school: NDArray[np.intp], loading: float, common: float, share: float) -> float:
    moment = within_schools(cell, cell, school)
    if moment.schools < 10:
        return 0.1 * loading**2
    ability = loading**2 * share * (common + (1 - common) * moment.overlap)
    return max(moment.mean - ability, 0.01 * loading**2)


def _noise(
    stable: _Stable, loading: float, spread: float, shared: float, common: float, share: float
) -> Noise:
    method = max(stable.same - loading**2 - shared, 0.02 * stable.same)
    method_common = float(np.clip(stable.cross - common * loading**2 - shared, 0.0, method))
    return Noise(loading, spread, method, method_common, stable.noise, stable.noise_cross, shared)


def _as_rows(
    found: dict[str, Noise],
    common: tuple[float, float],
    school: tuple[float, float],
    district: float,
    told: list[Source],
) -> pd.DataFrame:
    rows: list[tuple[str, str, float, float, str]] = [
        (name, "all", value, float("nan"), "data" if pairs > PRIOR_PAIRS else "prior")
        for name, (value, pairs) in (("common", common), ("school", school), ("district", (district, 0.0)))
    ]
    several = len(told) > 1
    for name, noise in found.items():
        rows.append(("loading", name, noise.loading, noise.loading_sd, "data" if several else "prior"))
        parts = ("method", "method_common", "noise", "noise_common", "shared")
        rows += [(part, name, float(getattr(noise, part)), float("nan"), "data") for part in parts]
    return pd.DataFrame(rows, columns=["name", "source", "value", "sd", "from"])
