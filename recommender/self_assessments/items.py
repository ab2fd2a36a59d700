"""Which items a teacher is shown: those that tell most about her, at least one for each domain, about eight minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.messages import BilingualText
from features.needs.evidence.indicator_map import IndicatorMap
from features.needs.evidence.standardized_evidence import MIN_SPREAD
from features.needs.model.teacher_posterior import CHANGEABLE, PosteriorState
from features.snapshot import Snapshot

Array = NDArray[np.float64]

MOST: Final = 24  # 20 seconds each
SCALE: Final = (1.0, 5.0)  # of an item that the framework stands in for
STEPS: Final = 10  # choices of one item at most
ALMOST: Final = 0.999


@dataclass(frozen=True)
class SelfItem:
    """One item. competency_ids, names: what it is about, heaviest first; domain: the top of theirs; scale of its
    instrument. j: its row of the changeable source's q; mean, sd: by which its values (0..1 on the scale) are standardised.
    j is -1 where nobody has answered it yet: then an answer compares her with nobody."""

    item: str
    competency_ids: tuple[str, ...]
    names: tuple[BilingualText, ...]
    domain: BilingualText
    scale_min: float
    scale_max: float
    j: int = -1
    mean: float = np.nan
    sd: float = np.nan

    @property
    def compared(self) -> bool:
        """Whether there are answers of others to compare hers with."""
        return self.j >= 0

    @property
    def choices(self) -> tuple[float, ...]:
        """The scores to choose from: the whole numbers of the scale, or five even steps of a long or broken one."""
        low, high = self.scale_min, self.scale_max
        if low.is_integer() and high.is_integer() and high - low < STEPS:
            return tuple(float(v) for v in range(int(low), int(high) + 1))
        return tuple(float(v) for v in np.linspace(low, high, 5))

    def allows(self, score: float) -> bool:
        """Whether a score is on the scale."""
        return bool(np.isfinite(score)) and self.scale_min <= score <= self.scale_max

    def standardised(self, score: float) -> float:
        """In SD of single values, as the diagnosis takes it."""
        return ((score - self.scale_min) / (self.scale_max - self.scale_min) - self.mean) / self.sd


def items_for(snapshot: Snapshot, state: PosteriorState, teacher: int) -> tuple[SelfItem, ...]:
    """All items about competencies that apply to a teacher, in the order of the framework."""
    competencies = snapshot.tables["competencies"]
    ids, applies = np.array(snapshot.needs.competency_ids, dtype=object), snapshot.needs.applies[teacher]
    parents = dict(zip(competencies["competency_id"], competencies["parent_id"], strict=True))
    names = competency_names(competencies)
    weights = _weights(snapshot, state, teacher)
    items, covered = [], np.zeros(len(ids), dtype=bool)
    for n, (name, (low, high, j, mean, sd)) in enumerate(zip(state.norm_items, np.asarray(state.norms), strict=True)):
        q = weights[n]
        if q is None or not np.allclose(q, state.own_q[int(j)]) or not sd > MIN_SPREAD or q[applies].sum() < ALMOST:
            continue
        order = [k for k in np.argsort(-q, kind="stable") if q[k] > 0]
        covered[order] = True
        about = tuple(str(ids[k]) for k in order)
        domain = names.get(top := _top(about[0], parents), BilingualText(top, top))
        words = tuple(names[one] for one in about)
        items.append(SelfItem(str(name), about, words, domain, float(low), float(high), int(j), float(mean), float(sd)))
    for k in np.flatnonzero(applies & ~covered):
        one = str(ids[k])
        domain = names.get(top := _top(one, parents), BilingualText(top, top))
        items.append(SelfItem(one, (one,), (names[one],), domain, *SCALE))
    place = {str(c): i for i, c in enumerate(ids)}
    return tuple(sorted(_one_scale(items), key=lambda one: (place[one.competency_ids[0]], one.item)))


def competency_names(competencies: pd.DataFrame) -> dict[str, BilingualText]:
    """Names by id."""
    rows = zip(competencies["competency_id"], competencies["name_zh"], competencies["name_en"], strict=True)
    return {str(one): BilingualText(str(zh), str(en)) for one, zh, en in rows}


def chosen_items(items: Sequence[SelfItem], competency_ids: Sequence[str], sd: Array, most: int = MOST) -> tuple[SelfItem, ...]:
    """At most `most` of them, in their order: first the widest of each domain, then the widest; sd (K,) of her estimates.

    Items that compare her with others come before those that do not yet.
    """
    width = dict(zip(competency_ids, sd.tolist(), strict=True))
    ranked = sorted(items, key=lambda one: (not one.compared, -width[one.competency_ids[0]], one.item))
    first: dict[BilingualText, SelfItem] = {}
    for item in ranked:
        first.setdefault(item.domain, item)
    chosen = {item.item for item in list(first.values())[:most]}
    for item in ranked:
        if len(chosen) >= most:
            break
        chosen.add(item.item)
    return tuple(item for item in items if item.item in chosen)


def _weights(snapshot: Snapshot, state: PosteriorState, teacher: int) -> list[Array | None]:
    """What each instrument's item measures for her subject and stage; None where it stands for nothing there."""
    if not len(state.norm_items):
        return []
    row = snapshot.tables["teachers"].iloc[teacher]
    cases = pd.DataFrame({"indicator": state.norm_items.astype(object)})
    cases = cases.assign(subject=row["subject"], stage=row["stage"], assessment_id=None)
    at, q = IndicatorMap(snapshot.tables).of(CHANGEABLE, cases)
    return [q[i] if i >= 0 else None for i in at]


def _one_scale(items: Sequence[SelfItem]) -> list[SelfItem]:
    """Of an item that was used on several scales the last."""
    return list({one.item: one for one in items}.values())


def _top(competency_id: str, parents: dict[str, object]) -> str:
    seen = {competency_id}
    parent = parents.get(competency_id)
    while isinstance(parent, str) and parent not in seen:
        competency_id = parent
        seen.add(parent)
        parent = parents.get(parent)
    return competency_id
