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

from features.needs.evidence.source_averages import SourceAverages, average
from features.needs.evidence.sources.source_registry import related, teacher_source
from features.needs.evidence.standardized_evidence import StandardizedSource
from features.needs.model.ability_decay import PEOPLE, ability_decay, lag_pairs
from features.needs.model.competency_correlation import (
    COMMON,
    SourcePair,
    competency_correlation,
    one_factor,
)
from features.needs.model.cross_products import (
    APART,
    SAME,
    CrossProducts,
    colleagues,
    known_noise,
    overlaps,
    own_products,
    within_occasions,
)
from features.needs.model.source_parameters import PHI, PHI_SD, SourceParameters

Array = NDArray[np.float64]
Index = NDArray[np.intp]

STABLE: Final = 0.5  # share of a value's variance that stays, where nobody was measured twice
SCHOOL, DEPARTMENT, DISTRICT = 0.15, 0.03, 0.03
PRIOR_LOG_SD: Final = 0.35  # of a loading
PRIOR_PAIRS: Final = 300.0  # what the priors of `school` and `department` are worth
FEWEST: Final = 30  # pairs that say anything
ROUNDS: Final = 3


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
    loading: dict[str, tuple[float, float]] = {}
    shape, (phi, phi_sd), factor_pairs = one_factor(np.full(k, np.sqrt(COMMON))), (PHI, PHI_SD), 0.0
    for _ in range(ROUNDS):
        inside = 1.0 - school_share[0] - department_share[0]
        of_one = {s.name: _of_one_indicator(s.q, shape) for s in measured}
        retained = {pair: products.retained(shape, phi) for pair, products in pairs.items()}
        loading = _loadings(measured, beside, pairs, inside, of_one, retained)
        school_share, department_share = _levels(pairs, loading)
        inside = 1.0 - school_share[0] - department_share[0]
        shape, factor_pairs = competency_correlation(
            [
                SourcePair(p.products, p.q, loading[a][0] * loading[b][0] * inside * phi**p.years)
                for (a, b), p in pairs.items()
            ],
            k,
        )
        phi, phi_sd = ability_decay(measured, loading)
    parameters = {
        s.name: _source_parameters(
            s, stable[s.name], own[s.name], loading[s.name], shape, school_share[0], phi
        )
        for s in measured
    }
    apart = DISTRICT * max(1.0 - 1.0 / max(districts, 1), 1e-3)
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
        self.years = _years_between(a, b)

    @property
    def products(self) -> CrossProducts:
        """Mean product of one teacher less that of colleagues, indicator by indicator, times the number of the former."""
        number = self.own.number
        own = np.divide(self.own.total, number, out=np.zeros_like(number), where=number > 0)
        less = np.divide(
            self.school.total,
            self.school.number,
            out=np.zeros_like(number),
            where=self.school.number >= FEWEST,
        )
        return CrossProducts((own - less) * number, number)

    def retained(self, shape: Array, phi: float) -> float:
        """What is left of the product of both loadings in products that count as of one competency: their indicators mean
        not quite the same, and values are years apart."""
        same = self.overlap > SAME
        number = self.own.number[same]
        if not number.sum():
            return 1.0
        meant = (number * (self.q[0] @ shape @ self.q[1].T)[same]).sum() / number.sum()
        return float(meant * phi**self.years)

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
    """Diagonal and common part of the covariance over occasions, and of what is new on each; years: between two occasions."""

    same: float
    cross: float
    residual_variance: float
    residual_covariance: float
    years: float


def _stable(source: StandardizedSource) -> _Stable:
    total = float(np.mean(source.value**2))
    moment, inside = within_occasions(source)
    sampling = known_noise(source)
    cross_total = inside.mean if inside.pairs > 0 else 0.5 * total
    if moment.pairs < 2 * FEWEST:
        same = STABLE * max(total - sampling[0], 0.1 * total)
        cross = same * np.clip(cross_total / max(total, 1e-9), 0.0, 1.0)
        return _Stable(
            same, float(cross), *_residual_moments(total, cross_total, same, float(cross), sampling), 0.0
        )
    same = float(np.clip(moment.same, 0.05 * total, 0.95 * total))
    cross = float(np.clip(moment.cross if moment.cross_pairs else 0.6 * same, 0.0, same))
    years = lag_pairs(source, PEOPLE).years
    residual = _residual_moments(total, cross_total, same, cross, sampling)
    return _Stable(same, cross, *residual, float(years.mean()) if len(years) else 0.0)


def _residual_moments(
    total: float, cross_total: float, same: float, cross: float, sampling: tuple[float, float]
) -> tuple[float, float]:
    residual_variance = max(total - same - sampling[0], 0.02 * total)
    return residual_variance, float(np.clip(cross_total - cross - sampling[1], 0.0, residual_variance))


def _within_school_variance(stable: _Stable, own: CrossProducts, q: Array) -> float:
    """The lasting variance of a source that is not common to colleagues, of which the validity is ability."""
    between = own.moment(overlaps(q, q))
    return max(stable.same - (between.same if between.pairs >= FEWEST else 0.0), 0.1 * stable.same)


def _years_between(a: SourceAverages, b: SourceAverages) -> float:
    """Mean years between the values of two sources of one teacher."""
    teachers = int(max(a.t.max(), b.t.max())) + 1
    number = [np.bincount(cell.t, minlength=teachers) for cell in (a, b)]
    both = (number[0] > 0) & (number[1] > 0)
    if not both.any():
        return 0.0
    ages = [
        np.bincount(cell.t, cell.age, teachers)[both] / n[both]
        for cell, n in zip((a, b), number, strict=True)
    ]
    return float(np.mean(np.abs(ages[0] - ages[1])))


def _of_one_indicator(q: Array, shape: Array) -> float:
    """The mean variance of what an indicator means, 1 for one that means one competency."""
    return float(np.mean(np.diag(q @ shape @ q.T))) if len(q) else 1.0


def _loadings(
    sources: list[StandardizedSource],
    beside: dict[str, float],
    pairs: dict[tuple[str, str], _Pair],
    inside: float,
    of_one: dict[str, float],
    retained: dict[tuple[str, str], float],
) -> dict[str, tuple[float, float]]:
    """Loadings from products of sources, log-normal priors from validities; (loading, sd) by source."""
    names = [s.name for s in sources]
    stated = [teacher_source(n).validity * beside[n] / (inside * of_one[n]) for n in names]
    prior = 0.5 * np.log(np.array(stated))
    used = [(names.index(a), names.index(b), retained[a, b], *pair.within) for (a, b), pair in pairs.items()]
    used = [one for one in used if np.isfinite(one[4])]

    def misfit(log_loading: Array) -> Array:
        fit = [
            (product - inside * left * np.exp(log_loading[i] + log_loading[j])) / np.sqrt(variance)
            for i, j, left, product, variance in used
        ]
        return np.array([*fit, *((log_loading - prior) / PRIOR_LOG_SD)])

    if not names:
        return {}
    from scipy.optimize import least_squares  # not in processes that only serve

    fit_result = least_squares(misfit, prior)
    covariance = np.linalg.inv(fit_result.jac.T @ fit_result.jac)
    top = np.array([np.sqrt(0.97 * beside[n] / (inside * of_one[n])) for n in names])
    loading = np.minimum(np.exp(fit_result.x), top)
    loading_sd = loading * np.sqrt(np.diag(covariance))
    return {n: (float(x), float(sd)) for n, x, sd in zip(names, loading, loading_sd, strict=True)}


Share = tuple[float, float]


def _levels(
    pairs: dict[tuple[str, str], _Pair], loading: dict[str, tuple[float, float]]
) -> tuple[Share, Share]:
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
        weight = min(everyone.pairs, pair.own_moment.pairs) * min(loading[a][0] * loading[b][0], 1.0)
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


def _common_of(q: Array, shape: Array) -> float:
    """The mean covariance of what two indicators of a source mean that are of competencies apart."""
    apart = overlaps(q, q) < APART
    return float(np.mean((q @ shape @ q.T)[apart])) if apart.any() else _of_one_indicator(q, shape)


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
    source: StandardizedSource,
    stable: _Stable,
    own: CrossProducts,
    loading: tuple[float, float],
    shape: Array,
    school_share: float,
    phi: float,
) -> SourceParameters:
    """Parameters of a source from its moments; own: products of colleagues."""
    value, sd = loading
    of_school = _school_source_variance(own, source.q, value, shape, school_share)
    ability = value**2 * _of_one_indicator(source.q, shape) * phi**stable.years
    common = value**2 * _common_of(source.q, shape) * phi**stable.years
    method = max(stable.same - ability - of_school, 0.02 * stable.same)
    method_covariance = float(np.clip(stable.cross - common - of_school, 0.0, method))
    return SourceParameters(
        value, sd, method, method_covariance, stable.residual_variance, stable.residual_covariance, of_school
    )


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
