"""The measurement model of one source, and the prior of how abilities decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PHI: Final = (
    0.95  # correlation of an ability and itself a year later (measurement D1: about .9 with training between)
)
PHI_SD: Final = 0.05


@dataclass(frozen=True)
class SourceParameters:
    """Of one source, in SD of single values: loading and its standard error; variance of the method effect of a teacher
    and its covariance between two indicators; the same of the residual of one occasion; variance of the school's own
    part."""

    loading: float
    loading_sd: float
    method_variance: float
    method_covariance: float
    residual_variance: float
    residual_covariance: float
    school_source_variance: float
