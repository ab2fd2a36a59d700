"""Variance components and loadings, by moments, each drawn to a stated prior as far as the data cannot say.

A value of source m on indicator j of teacher t in department d of school s, in SD of single values:

    x = share x loading_m x q_j'theta_t + b_ms + method_mtj + residual_mtoj

theta has variance 1 over the population, of which `school`, `department` and `district` lie between those; two
competencies correlate by `competency_correlation` (one common factor with a loading of its own for each competency).
b_ms, with variance `school_source_variance`, is what a whole school's values of a source have in common beside ability
(leniency of its own raters, what the school itself adds). The method effect (`method_variance`, and `method_covariance`
between two indicators) stays with the teacher over occasions without being ability: halo, style. The residual is new on
every occasion and partly common to its indicators (`residual_covariance`). Ability decays by `phi` a year.

Who is told by which products of values (means over pairs):
- one teacher, two sources, less two colleagues, two sources: loading_m x loading_n x what lies within departments,
  because errors of different sources are independent and a school's own part is the same for colleagues; by whether
  the indicators mean the same competency it tells `competency_correlation`;
- two colleagues of one department, or of two, two sources: the same x `department` and `school`;
- two colleagues, one source: that + shared;
- two occasions of a teacher, one source: ability + shared + method, noise having gone; by the years between them: phi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.sources.source_registry import related, teacher_source
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.cross_products import (
    SAME,
    CrossProducts,
    Moment,
    colleagues,
    known_noise,
    lag_slope,
    overlaps,
    own_products,
    within_occasions,
)
from features.needs.model.source_parameters import PHI, PHI_SD, SourceParameters

Array = NDArray[np.float64]
Index = NDArray[np.intp]

STABLE: Final = 0.5  # share of a value's variance that stays, where nobody was measured twice
COMMON, SCHOOL, DEPARTMENT, DISTRICT = 0.5, 0.15, 0.03, 0.03
PRIOR_LOG_SD: Final = 0.35  # of a loading
PRIOR_FACTOR_SD: Final = 0.12  # of a competency's loading on the common factor
PRIOR_PAIRS: Final = 300.0  # what the priors of `school` and `department` are worth
SCALE_PAIRS: Final = 100.0  # of one competency, that the loadings' product is worth
FEWEST: Final = 30  # pairs that say anything
ROUNDS: Final = 3
PEOPLE_OF_LAG: Final = 20_000


@dataclass(frozen=True)
class VarianceComponents:
    """Everything the posterior needs, and the same as rows for people.

    shape (K, K) correlations of competencies; shares of variance between; sources by name.
    """

    competency_correlation: Array
    school: float
    department: float
    district: float
    phi: float
    sources: dict[str, SourceParameters]
    table: pd.DataFrame

    @property
    def mean_correlation(self) -> float:
        """The mean correlation of two competencies."""
        k = len(self.competency_correlation)
        return float((self.competency_correlation.sum() - k) / (k * (k - 1))) if k > 1 else 0.0


def one_factor(loadings: Array) -> Array:
    """(K, K) correlations of competencies that share one factor."""
    shape = np.outer(loadings, loadings)
    np.fill_diagonal(shape, 1.0)
    return np.asarray(shape)


def estimate(
    sources: Sequence[StandardizedSource],
    school: Index,
    department: Index,
    districts: int,
    k: int,
    cells: Sequence[SourceAverages] | None = None,
) -> VarianceComponents:
    """Components of the sources that have any value; school and department (N,) of each teacher, k competencies; cells:
    averages of the sources, in their order, None to average them here.

    Abilities are counted from the mean of the workspace, so that a single district has nothing of its own.
    """
    measured = [s for s in sources if len(s)]
    averages = {c.name: c for c in (cells if cells is not None else map(average, measured))}
    stable = {s.name: _stable(s) for s in measured}
    own = {name: colleagues(cell, cell, school) for name, cell in averages.items()}
    beside = {s.name: _within_school_variance(stable[s.name], own[s.name], s.q) for s in measured}
    pairs = {
        pair: _Pair(averages[pair[0]], averages[pair[1]], school, department)
        for pair in combinations([s.name for s in measured], 2)
        if not related(*pair)
    }
    school_share, department_share = (SCHOOL, 0.0), (DEPARTMENT, 0.0)
    loading: dict[str, float] = {}
    loading_sd: dict[str, float] = {}
    for _ in range(ROUNDS):
        inside = 1.0 - school_share[0] - department_share[0]
        loading, loading_sd = _loadings(measured, beside, pairs, inside)
        school_share, department_share = _levels(pairs, loading)
    factor, factor_pairs = _factor(pairs, loading, 1.0 - school_share[0] - department_share[0], k)
    shape = one_factor(factor)
    parameters: dict[str, SourceParameters] = {}
    for source in measured:
        name = source.name
        school_source_variance = _school_source_variance(
            own[name], source.q, loading[name], shape, school_share[0]
        )
        common = _common_of(source.q, shape)
        parameters[name] = _source_parameters(
            stable[name], loading[name], loading_sd[name], school_source_variance, common
        )
    apart = DISTRICT * max(1.0 - 1.0 / max(districts, 1), 1e-3)
    phi, phi_sd = _phi(measured, loading)
    shares = {
        "common": (float(np.mean(shape[~np.eye(k, dtype=bool)])) if k > 1 else 0.0, factor_pairs),
        "school": school_share, "department": department_share, "district": (apart, 0.0),
    }  # fmt: skip
    crossed = {name for pair, products in pairs.items() if np.isfinite(products.within[1]) for name in pair}
    rows = _as_rows(parameters, shares, crossed, (phi, phi_sd))
    return VarianceComponents(shape, school_share[0], department_share[0], apart, phi, parameters, rows)


class _Pair:
    """Products of two sources: of one teacher, of colleagues of a department, of colleagues elsewhere in school."""

    def __init__(self, a: SourceAverages, b: SourceAverages, school: Index, department: Index) -> None:
        self.overlap = overlaps(a.q, b.q)
        self.q = (a.q, b.q)
        self.own = own_products(a, b)
        everyone, same_department = colleagues(a, b, school), colleagues(a, b, department)
        self.school = everyone
        self.own_moment = self.own.moment(self.overlap)
        self.school_moment = everyone.moment(self.overlap)
        self.department_moment = same_department.moment(self.overlap)

    @property
    def within(self) -> tuple[float, float]:
        """Product of one teacher less that of colleagues, same competency, and its variance."""
        if self.own_moment.pairs < FEWEST:
            return 0.0, np.inf
        between = self.school_moment
        less = between.same if between.pairs >= FEWEST else self.own_moment.same * SCHOOL
        chance = 1.0 / self.own_moment.pairs + (1.0 / between.pairs if between.pairs >= FEWEST else 0.01)
        return self.own_moment.same - less, chance + 0.02**2


@dataclass(frozen=True)
class _Stable:
    """Diagonal and common part of the covariance over occasions, and of what is new on each."""

    same: float
    cross: float
    residual_variance: float
    residual_covariance: float
    measured: bool


def _stable(source: StandardizedSource) -> _Stable:
    total = float(np.mean(source.value**2))
    moment, inside = within_occasions(source)
    sampling = known_noise(source)
    cross_total = inside.mean if inside.pairs > 0 else 0.5 * total
    if moment.pairs < 2 * FEWEST:
        same = STABLE * max(total - sampling[0], 0.1 * total)
        cross = same * np.clip(cross_total / max(total, 1e-9), 0.0, 1.0)
        return _Stable(
            same, float(cross), *_residual_moments(total, cross_total, same, float(cross), sampling), False
        )
    same = float(np.clip(moment.same, 0.05 * total, 0.95 * total))
    cross = float(np.clip(moment.cross if moment.cross_pairs else 0.6 * same, 0.0, same))
    return _Stable(same, cross, *_residual_moments(total, cross_total, same, cross, sampling), True)


def _residual_moments(
    total: float, cross_total: float, same: float, cross: float, sampling: tuple[float, float]
) -> tuple[float, float]:
    residual_variance = max(total - same - sampling[0], 0.02 * total)
    return residual_variance, float(np.clip(cross_total - cross - sampling[1], 0.0, residual_variance))


def _within_school_variance(stable: _Stable, own: CrossProducts, q: Array) -> float:
    """The lasting variance of a source that is not common to colleagues, of which the validity is ability."""
    between = own.moment(overlaps(q, q))
    return max(stable.same - (between.same if between.pairs >= FEWEST else 0.0), 0.1 * stable.same)


def _loadings(
    sources: list[StandardizedSource],
    beside: dict[str, float],
    pairs: dict[tuple[str, str], _Pair],
    inside: float,
) -> tuple[dict[str, float], dict[str, float]]:
    """Loadings from products of sources, log-normal priors from validities; (loading, sd) by source."""
    names = [s.name for s in sources]
    prior = np.array([0.5 * np.log(teacher_source(n).validity * beside[n] / inside) for n in names])
    used = [(names.index(a), names.index(b), *pair.within) for (a, b), pair in pairs.items()]
    used = [one for one in used if np.isfinite(one[3])]

    def misfit(log_loading: Array) -> Array:
        fit = [
            (product - inside * np.exp(log_loading[i] + log_loading[j])) / np.sqrt(variance)
            for i, j, product, variance in used
        ]
        return np.array([*fit, *((log_loading - prior) / PRIOR_LOG_SD)])

    if not names:
        return {}, {}
    fit_result = least_squares(misfit, prior)
    covariance = np.linalg.inv(fit_result.jac.T @ fit_result.jac)
    top = np.array([np.sqrt(0.97 * beside[n] / inside) for n in names])
    loading = np.minimum(np.exp(fit_result.x), top)
    loading_sd = loading * np.sqrt(np.diag(covariance))
    return dict(zip(names, loading.tolist(), strict=True)), dict(zip(names, loading_sd.tolist(), strict=True))


Share = tuple[float, float]


def _levels(pairs: dict[tuple[str, str], _Pair], loading: dict[str, float]) -> tuple[Share, Share]:
    """Shares of ability's variance between schools and between departments, each with what told it.

    A share is what colleagues have in common over that and what one teacher has beyond it: no loading enters.
    """
    prior = PRIOR_PAIRS * 0.1
    school, department_excess, total = SCHOOL * prior, DEPARTMENT * prior, prior
    pairs_used = 0.0
    for (a, b), pair in pairs.items():
        everyone, department = pair.school_moment, pair.department_moment
        product, chance = pair.within
        if everyone.pairs < FEWEST or not np.isfinite(chance):
            continue
        weight = min(everyone.pairs, pair.own_moment.pairs) * min(loading[a] * loading[b], 1.0)
        school += weight * everyone.same
        total += weight * (everyone.same + product)
        pairs_used += weight
        if department.pairs >= FEWEST:
            department_excess += weight * (department.same - everyone.same)
    total = max(total, 1e-6)
    # colleagues of a school are partly colleagues of a department: what they share is both parts, mostly the school's
    school_share, department_share = (
        float(np.clip(school / total, 0.01, 0.7)),
        float(np.clip(department_excess / total, 0.0, 0.3)),
    )
    return (school_share, pairs_used), (department_share, pairs_used)


def _factor(
    pairs: dict[tuple[str, str], _Pair], loading: dict[str, float], inside: float, k: int
) -> tuple[Array, float]:
    """(K,) loadings on the common factor, drawn to the one that all would have; and the pairs that told them."""
    moments = [(pair, _scale(pair, loading[a] * loading[b] * inside)) for (a, b), pair in pairs.items()]
    found_within = [_within(pair) for pair, _ in moments]
    top = sum(scale * m.cross_pairs * m.cross for m, (_, scale) in zip(found_within, moments, strict=True))
    weight = sum(scale**2 * m.cross_pairs for m, (_, scale) in zip(found_within, moments, strict=True))
    number = sum(m.cross_pairs for m in found_within)
    common = (top + 0.05 * PRIOR_PAIRS * COMMON) / (weight + 0.05 * PRIOR_PAIRS) if number else COMMON
    start = np.sqrt(np.clip(common, 0.05, 0.9))
    if not number or k < 3:
        return np.full(k, start), float(number)
    designs, values, errors = [], [], []
    for pair, scale in moments:
        within = _products_within(pair)
        i, j = np.nonzero((within.number >= FEWEST) & (pair.overlap < SAME))
        if not len(i):
            continue
        designs.append((pair.q[0][i], pair.q[1][j]))
        values.append(within.total[i, j] / within.number[i, j] / scale)
        errors.append(np.sqrt(1.0 / within.number[i, j] + 0.02**2) / scale)
    if not values:
        return np.full(k, start), float(number)
    left, right = (np.concatenate([d[side] for d in designs]) for side in (0, 1))
    value, error = np.concatenate(values), np.concatenate(errors)
    diagonal = (left * right).sum(axis=1)

    def misfit(loadings: Array) -> Array:
        a, b = left @ loadings, right @ loadings
        common_part = a * b - (left * right) @ loadings**2
        return np.concatenate(
            [(value - common_part - diagonal) / error, (loadings - start) / PRIOR_FACTOR_SD]
        )

    fit_result = least_squares(misfit, np.full(k, start), bounds=(0.0, 0.98))
    return np.asarray(fit_result.x), float(number)


def _scale(pair: _Pair, expected: float) -> float:
    """The product of two sources on one competency: as found, drawn to what their loadings say."""
    product = _within(pair)
    weight = product.pairs / (product.pairs + SCALE_PAIRS)
    return max(weight * product.same + (1 - weight) * expected, 0.1 * expected)


def _products_within(pair: _Pair) -> CrossProducts:
    """Mean product of one teacher less that of colleagues, indicator by indicator, times the number of the former."""
    number = pair.own.number
    own = np.divide(pair.own.total, number, out=np.zeros_like(number), where=number > 0)
    less = np.divide(
        pair.school.total, pair.school.number, out=np.zeros_like(number), where=pair.school.number >= FEWEST
    )
    return CrossProducts((own - less) * number, number)


def _within(pair: _Pair) -> Moment:
    return _products_within(pair).moment(pair.overlap)


def _common_of(q: Array, shape: Array) -> float:
    """The mean correlation of what two different indicators of a source mean."""
    together = q @ shape @ q.T
    sd = np.sqrt(np.diag(together))
    apart = ~np.eye(len(q), dtype=bool)
    return float(np.mean((together / np.outer(sd, sd))[apart])) if len(q) > 1 else 1.0


def _school_source_variance(
    own: CrossProducts, q: Array, loading: float, shape: Array, share: float
) -> float:
    """What colleagues' values of one source have in common beyond their abilities."""
    number = float(own.number.sum())
    if number < FEWEST:
        return 0.1 * loading**2
    ability = loading**2 * share * float((own.number * (q @ shape @ q.T)).sum() / number)
    return max(float(own.total.sum() / number) - ability, 0.01 * loading**2)


def _source_parameters(
    stable: _Stable, loading: float, loading_sd: float, school_source_variance: float, common: float
) -> SourceParameters:
    method_variance = max(stable.same - loading**2 - school_source_variance, 0.02 * stable.same)
    method_covariance = float(
        np.clip(stable.cross - common * loading**2 - school_source_variance, 0.0, method_variance)
    )
    return SourceParameters(
        loading,
        loading_sd,
        method_variance,
        method_covariance,
        stable.residual_variance,
        stable.residual_covariance,
        school_source_variance,
    )


def _phi(sources: list[StandardizedSource], loading: dict[str, float]) -> tuple[float, float]:
    """Correlation of an ability with itself a year later, from how products of a teacher's values fall with time."""
    weight, top = 1.0 / PHI_SD**2, PHI / PHI_SD**2
    for source in sources:
        if teacher_source(source.name).informs_decay and loading[source.name] > 0.2:
            slope, error = lag_slope(source, PEOPLE_OF_LAG)
            if np.isfinite(error):
                size = loading[source.name] ** 2
                precision = 1.0 / ((error / size) ** 2 + 0.02**2)
                weight, top = weight + precision, top + (1.0 + slope / size) * precision
    return float(np.clip(top / weight, 0.8, 0.995)), float(1.0 / np.sqrt(weight))


def _as_rows(
    parameters_of: dict[str, SourceParameters],
    shares: dict[str, Share],
    crossed: set[str],
    phi: tuple[float, float],
) -> pd.DataFrame:
    rows: list[tuple[str, str, float, float, str]] = [
        (name, "all", value, float("nan"), "data" if pairs > PRIOR_PAIRS else "prior")
        for name, (value, pairs) in shares.items()
    ]
    rows.append(("phi", "all", *phi, "data" if phi[1] < 0.9 * PHI_SD else "prior"))
    for name, parameters in parameters_of.items():
        rows.append(
            (
                "loading",
                name,
                parameters.loading,
                parameters.loading_sd,
                "data" if name in crossed else "prior",
            )
        )
        variances = {
            "method": parameters.method_variance, "method_common": parameters.method_covariance,
            "noise": parameters.residual_variance, "noise_common": parameters.residual_covariance,
            "shared": parameters.school_source_variance,
        }  # fmt: skip
        rows += [(part, name, float(value), float("nan"), "data") for part, value in variances.items()]
    return pd.DataFrame(rows, columns=["name", "source", "value", "sd", "from"])
