"""What a seat counts in the objective: gain less its uncertainty, raised for schools of disadvantage."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from recommender.planning.problem.candidate_pairs import Array, Floats
from recommender.planning.problem.district import District
from recommender.planning.problem.setting import FormField, Setting, Share

DEEPEST = 3  # covers of one need that have weights of their own; further ones have the last


class LotteryShare(Setting[float]):
    """Share of the seats drawn by lot among near-ties."""

    key = "lottery_share"
    order = 45
    value_type = Annotated[float, Field(strict=True, ge=0, le=0.5, allow_inf_nan=False)]
    default = 0.0
    form = FormField("lottery_percent", "percent", "planning.form_lottery")


class UncertaintyDiscount(Setting[float]):
    """Counted is gain - discount x sd."""

    key = "uncertainty_discount"
    order = 110
    value_type = Annotated[float, Field(strict=True, ge=0, le=3, allow_inf_nan=False)]
    default = 0.1


class DisadvantageWeight(Setting[float]):
    """A gain in a school of disadvantage d counts 1 + weight x d."""

    key = "disadvantage_weight"
    order = 120
    value_type = Annotated[float, Field(strict=True, ge=0, le=10, allow_inf_nan=False)]
    default = 0.0


class RepeatWeight(Setting[float]):
    """A second course for the same need counts this much, a third its square."""

    key = "repeat_worth"
    order = 130
    value_type = Share
    default = 0.5


class WishWeight(Setting[float]):
    """A seat that the teacher said she would like counts 1 + weight times as much; gains are told without it."""

    key = "wish_weight"
    order = 135
    value_type = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
    default = 0.1


SETTINGS = (LotteryShare, UncertaintyDiscount, DisadvantageWeight, RepeatWeight, WishWeight)


def objective_coefficients(
    district: District, uncertainty_discount: float, disadvantage_weight: float, wish_weight: float = 0.0
) -> Floats:
    """(P,) never below 0."""
    pairs = district.pairs
    coef = np.maximum(pairs.gain - uncertainty_discount * pairs.sd, 0.0)
    if disadvantage_weight:
        coef = coef * (1.0 + disadvantage_weight * district.disadvantage)[pairs.teacher]
    if wish_weight and district.wished is not None:
        coef = np.where(district.wished, coef * (1.0 + wish_weight), coef)
    return coef.astype(np.float32)


def cover_weights(repeat_weight: float, max_courses: float) -> Array:
    """(S,) weights of the first, second, ... cover of one need."""
    deepest = DEEPEST if repeat_weight < 1 else 1
    depth = int(min(deepest, max(max_courses, 1)))
    return np.asarray(repeat_weight ** np.arange(depth, dtype=np.float64))
