"""Exact Gaussian posterior of abilities, in equal-sized blocks.

Method: the linear-Gaussian conditional (Henderson 1975; Rasmussen and Williams 2006, eq. A.6).
For one block with prior N(mu, P) and evidence y = b + H theta + e, e ~ N(0, R):

    m = mu + P H' S^-1 (y - b - H mu)      V = P - P H' S^-1 H P      S = H P H' + R

R is a full matrix: the errors of one test's dimensions are correlated because the same pupils sat
all of them, and a diagonal R would claim a profile that the data do not bear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """mean (B, K) and covariance (B, K, K) of B blocks, in teacher-SD units."""

    mean: Array
    covariance: Array

    @property
    def sd(self) -> Array:
        """(B, K) posterior standard deviations."""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2)
        return np.sqrt(np.maximum(variance, 0.0))

    def reliability(self, prior_variance: Array) -> Array:
        """(B, K) share of the prior variance removed by the evidence; `prior_variance` broadcasts."""
        if np.any(prior_variance <= 0):
            raise ValueError("prior_variance must be positive")
        variance = np.diagonal(self.covariance, axis1=1, axis2=2)
        return np.asarray(1.0 - variance / prior_variance, dtype=np.float64)


def posterior(mu: Array, prior: Array, design: Array, values: Array, errors: Array) -> Posterior:
    """Condition B blocks of K abilities on M measurements each.

    mu (B, K); prior (K, K) or (B, K, K); design H (M, K) or (B, M, K); values y - b (B, M), NaN where a
    measurement is missing; errors R (M, M) or (B, M, M). Missing values carry no information: their rows
    of H are emptied and their part of R becomes the identity, which leaves the posterior exact.

    Raises ValueError on shapes that do not fit or on a measurement without error variance.
    """
    blocks, k = mu.shape
    m = values.shape[1] if values.ndim == 2 else -1
    if values.shape != (blocks, m) or design.shape[-2:] != (m, k):
        raise ValueError(f"values {values.shape} and design {design.shape} do not fit mu {mu.shape}")
    if prior.shape[-2:] != (k, k) or errors.shape[-2:] != (m, m):
        raise ValueError(f"prior {prior.shape} or errors {errors.shape} do not fit {k} abilities, {m} values")
    here = ~np.isnan(values)
    p = np.broadcast_to(prior, (blocks, k, k))
    h = np.broadcast_to(design, (blocks, m, k)) * here[:, :, None]
    pair = here[:, :, None] & here[:, None, :]
    r = np.where(pair, errors, np.eye(m))
    if np.any(np.diagonal(r, axis1=1, axis2=2) <= 0):
        raise ValueError("every measurement needs a positive error variance")
    ph = p @ h.transpose(0, 2, 1)
    gain = np.linalg.solve(h @ ph + r, ph.transpose(0, 2, 1)).transpose(0, 2, 1)
    surprise = np.where(here, values, 0.0) - np.einsum("bmk,bk->bm", h, mu)
    mean = mu + np.einsum("bkm,bm->bk", gain, surprise)
    covariance = p - gain @ ph.transpose(0, 2, 1)
    return Posterior(mean, (covariance + covariance.transpose(0, 2, 1)) / 2)
