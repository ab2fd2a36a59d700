"""Why there is no plan: the smallest sets of wishes that cannot stand together, and how far each has to move.

Wishes are what a planner asked for; the catalogue's seats and who may take what are facts. A set is found by
leaving out one wish after the other (deletion filter, Chinneck 2008): what can be left out while there is
still no plan has no part in it. Each wish of the set is then moved alone until there is a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from recommender.planning.problem.district import District
from recommender.planning.problem.formulation import build_problem
from recommender.planning.problem.limits import Limits
from recommender.planning.solver.feasibility import any_plan

SETS: Final = 3  # different smallest sets looked for
FINE: Final = 12  # halvings when a number is moved


@dataclass(frozen=True)
class PlanRequirements:
    """Budget and limits together."""

    yuan: float
    limits: Limits


@dataclass(frozen=True)
class Relaxable:
    """One wish: `without` leaves it out. Where it is a number, `at` sets it and `value` is what was asked."""

    limit: str
    key: str
    value: float | None
    without: Callable[[PlanRequirements], PlanRequirements]
    at: Callable[[PlanRequirements, float], PlanRequirements] | None = None
    up: bool = True
    whole: bool = False


@dataclass(frozen=True)
class Relaxation:
    """A wish of a conflicting set; `enough`: the value at which there is a plan (None: leave it out)."""

    limit: str
    key: str
    asked: float | None
    enough: float | None
    helps: bool


@dataclass(frozen=True)
class Conflict:
    """Wishes that cannot stand together though any of them may be left out; proven: nothing was passed over."""

    relaxables: tuple[Relaxation, ...]
    proven: bool


def explain(
    district: District, asked: PlanRequirements, seed: int, stopped: Callable[[], bool] = lambda: False
) -> list[Conflict]:
    """The smallest sets found, smallest first; empty where there is a plan after all."""
    proven = True

    def possible(what: PlanRequirements) -> bool:
        nonlocal proven
        problem, chosen = build_problem(district, what.limits, what.yuan)
        if chosen.not_open:
            return False
        found = any_plan(problem, seed, stopped)
        proven = proven and (found.plan is not None or found.finished)
        return found.plan is not None

    everything = list(relaxables(district, asked))
    if possible(asked):
        return []
    sets: list[tuple[int, ...]] = []
    for turn in range(SETS):
        order = list(range(len(everything)))
        order = order[::-1] if turn == 1 else order[turn:] + order[:turn]
        kept = order.copy()
        for k in order:
            if stopped():
                break
            rest = [i for i in kept if i != k]
            if not possible(_only(asked, everything, rest)):
                kept = rest
        found = tuple(sorted(kept))
        if found and found not in sets:
            sets.append(found)
    told = []
    for group in sorted(sets, key=len):
        moved = tuple(_move(asked, everything, group, k, possible) for k in group)
        told.append(Conflict(moved, proven))
    return told


def _only(asked: PlanRequirements, everything: list[Relaxable], kept: list[int]) -> PlanRequirements:
    """What was asked, with the wishes that are not `kept` left out."""
    held = asked
    for k, wish in enumerate(everything):
        if k not in kept:
            held = wish.without(held)
    return held


def _move(
    asked: PlanRequirements, everything: list[Relaxable], group: tuple[int, ...], k: int,
    possible: Callable[[PlanRequirements], bool],
) -> Relaxation:  # fmt: skip
    """Move wish k alone until the wishes of its set can stand together."""
    wish = everything[k]
    held = _only(asked, everything, list(group))
    if wish.at is None or wish.value is None:
        return Relaxation(wish.limit, wish.key, None, None, possible(wish.without(held)))
    low, high = wish.value, wish.value
    for _ in range(14):
        high = high * 2 + 1 if wish.up else high / 2
        if possible(wish.at(held, _round(wish, high))):
            break
    else:
        return Relaxation(wish.limit, wish.key, wish.value, None, possible(wish.without(held)))
    for _ in range(FINE):
        middle = _round(wish, (low + high) / 2)
        if middle in (low, high) or abs(high - low) <= 0.005 * abs(high):
            break
        if possible(wish.at(held, middle)):
            high = middle
        else:
            low = middle
    return Relaxation(wish.limit, wish.key, wish.value, _round(wish, high), True)


def _round(wish: Relaxable, value: float) -> float:
    return float(np.ceil(value) if wish.up else np.floor(value)) if wish.whole else value


def relaxables(district: District, asked: PlanRequirements) -> Iterator[Relaxable]:
    """Everything that was asked for, one by one; pins of one course are one wish."""
    limits = asked.limits

    def number(name: str, up: bool, whole: bool = False) -> Relaxable:
        def at(held: PlanRequirements, value: float | None) -> PlanRequirements:
            change: dict[str, Any] = {name: int(value) if whole and value is not None else value}
            return replace(held, limits=replace(held.limits, **change))

        return Relaxable(name, "", float(getattr(limits, name)), lambda held: at(held, None), at, up, whole)

    yield Relaxable("budget", "", asked.yuan, lambda held: replace(held, yuan=1e15),
               lambda held, value: replace(held, yuan=value), True, True)  # fmt: skip
    if limits.max_courses_per_teacher is not None:
        yield number("max_courses_per_teacher", True, True)
    for name in ("max_hours_per_teacher", "release_days_per_teacher"):
        if getattr(limits, name) is not None:
            yield number(name, True)
    if limits.floor_share_per_school:
        yield number("floor_share_per_school", False)
    for k, floor in enumerate(limits.floor):
        yield Relaxable(
            "floor", floor.name, floor.share, partial(_floor_at, k, share=0.0), partial(_set_floor, k), False
        )
    for c in limits.must_open:
        yield Relaxable("must_open", c, None, partial(_drop, must_open=c))
    for c in limits.forbid:
        yield Relaxable("forbid", c, None, partial(_drop, forbid=c))
    if limits.forbid_pairs:
        yield Relaxable("forbid", "pairs", None,
                   lambda held: replace(held, limits=replace(held.limits, forbid_pairs=())))  # fmt: skip
    for c in dict.fromkeys(c for _, c in limits.pin):
        yield Relaxable("pin", c, None, partial(_drop, pin=c))
    for listed in limits.list:
        yield Relaxable("list", listed.name, None, partial(_drop, listed=listed.name))


def _floor_at(k: int, held: PlanRequirements, share: float) -> PlanRequirements:
    floors = list(held.limits.floor)
    floors[k] = replace(floors[k], share=share)
    return replace(held, limits=replace(held.limits, floor=tuple(floors)))


def _set_floor(k: int, held: PlanRequirements, share: float) -> PlanRequirements:
    return _floor_at(k, held, share)


def _drop(held: PlanRequirements, must_open: str = "", forbid: str = "", pin: str = "", listed: str = "") -> PlanRequirements:
    old = held.limits
    return replace(
        held,
        limits=replace(
            old,
            must_open=tuple(c for c in old.must_open if c != must_open),
            forbid=tuple(c for c in old.forbid if c != forbid),
            pin=tuple(pair for pair in old.pin if pair[1] != pin),
            list=tuple(n for n in old.list if n.name != listed),
        ),
    )
