"""What every constraint is: a setting that also knows its dual prices and how it may be relaxed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Generic, TypeVar

import numpy as np

from features.disclosure import DISTRICT_MINIMUM
from recommender.planning.problem.candidate_pairs import Array, Index
from recommender.planning.problem.district import District
from recommender.planning.problem.plan_problem import PlanProblem
from recommender.planning.problem.setting import Setting
from recommender.planning.solver.duals import Duals
from recommender.planning.solver.lagrangian import LagrangianRelaxation, RelaxationResult
from recommender.planning.solver.solve import Solution

V = TypeVar("V")

LEAST: Final = 5e-4  # gain below which a price is left out


@dataclass(frozen=True)
class PriceKind:
    """One kind of price of a constraint. label: message code of what is priced. sentence: message code of the price
    in words, with values name, about and price."""

    name: str
    unit: str
    label: str
    sentence: str = "planning.price_more"


@dataclass(frozen=True)
class ShadowPrice:
    """`price` in teacher-SD of the objective for one `unit` of `limit`; key: the course, school or group."""

    limit: str
    key: str
    unit: str
    price: float


@dataclass(frozen=True)
class SolvedDuals:
    """The duals of a solution, as constraints read their prices from them."""

    district: District
    problem: PlanProblem
    solution: Solution

    @property
    def duals(self) -> Duals:
        """By name of constraint."""
        return self.solution.duals

    @cached_property
    def relaxed(self) -> RelaxationResult:
        """The relaxation at the duals."""
        return LagrangianRelaxation(self.problem, self.solution.active).solve(self.duals)

    @cached_property
    def seats(self) -> Index:
        """(C,) seats of the plan; 0 without a plan."""
        plan = self.solution.plan
        chosen = np.zeros(0, np.intp) if plan is None else plan.chosen
        return np.bincount(self.problem.pairs.course[chosen], minlength=self.problem.pairs.courses)

    @cached_property
    def school_size(self) -> Index:
        """(S,) teachers of each school."""
        return np.bincount(self.district.school, minlength=len(self.district.school_ids))


@dataclass(frozen=True)
class Relaxable(Generic[V]):
    """One requirement that may be relaxed: `without` gives the value of the setting without it.

    value: the number that was asked for, and `at` sets it to another; None where it can only be left out.
    raised: whether a larger number is a weaker requirement. whole: only whole numbers.
    """

    limit: str
    key: str
    value: float | None
    without: Callable[[V], V]
    at: Callable[[V, float], V] | None = None
    raised: bool = True
    whole: bool = False


class Constraint(Setting[V]):
    """label: message code of its name. share: its numbers are shares. price_order: place of its prices among those of
    others, `order` where None. in_limits: whether it is a key of the limits file."""

    label: ClassVar[str]
    price_kinds: ClassVar[tuple[PriceKind, ...]] = ()
    price_order: ClassVar[int | None] = None
    share: ClassVar[bool] = False
    in_limits: ClassVar[bool] = True

    def prices(self, value: V, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        """The prices of what binds, from its own duals; numbers about fewer than DISTRICT_MINIMUM people are left out."""
        return iter(())

    def relaxables(self, value: V) -> Iterator[Relaxable[V]]:
        """The requirements in this value."""
        return iter(())

    def price(self, number: int, key: str, amount: float) -> ShadowPrice:
        """A price of the kind `price_kinds[number]`."""
        kind = self.price_kinds[number]
        return ShadowPrice(kind.name, key, kind.unit, amount)

    def row_prices(self, number: int, keys: tuple[str, ...], prices: Array, people: Index) -> Iterator[ShadowPrice]:
        """One price a row, highest first, of rows about enough people (R,)."""
        for row in np.argsort(-prices, kind="stable"):
            if prices[row] > LEAST and people[row] >= DISTRICT_MINIMUM:
                yield self.price(number, keys[row], float(prices[row]))


class NumberConstraint(Constraint[float | None]):
    """A constraint that is one number, None for no limit."""

    raised: ClassVar[bool] = True
    whole: ClassVar[bool] = False

    def relaxables(self, value: float | None) -> Iterator[Relaxable[Any]]:
        """The number."""
        if value is not None:
            yield Relaxable(
                self.key, "", float(value), lambda old: self.default, self._at, self.raised, self.whole
            )

    def _at(self, old: float | None, value: float) -> float:
        return int(value) if self.whole else value
