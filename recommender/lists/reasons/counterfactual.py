"""Line 5, what would change the list: computed by ranking again under changed conditions.

The conditions are tried in order and the first one that puts another course in first place is reported: no on-site
meetings, no online study, no release days, fewer hours than the first course takes, and (where needs determine
the list) the first course's main need at target, which takes that competency's part out of every gain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.messages import BilingualText, Message, message
from features.snapshot import Snapshot
from recommender.lists.need_contributions import NeedContributions
from recommender.lists.top_lists import Index, ScoredPairs

CONDITIONS = ("on_site", "online", "release", "hours", "at_target")


@dataclass(frozen=True)
class Counterfactuals:
    """By list: the condition that changes its first place ("": none) and the course that then comes first (-1: none)."""

    units: Index
    condition: NDArray[np.object_]
    course: Index


def find_counterfactuals(snapshot: Snapshot, pairs: ScoredPairs, contributions: NeedContributions | None) -> Counterfactuals:
    """What changes each unit's first place. pairs: all eligible, ordered. Without `contributions` no need is tried."""
    firsts = np.flatnonzero(pairs.positions() == 0)
    units = pairs.unit[firsts]
    condition = np.full(len(units), "", dtype=object)
    new_first = np.full(len(units), -1, np.intp)
    for name in CONDITIONS:
        unchanged = np.repeat(condition == "", np.diff(np.r_[firsts, len(pairs)]))
        if name != "at_target":
            then = pairs.take(unchanged & _possible(snapshot, pairs, firsts, name))
        elif contributions is not None:
            then = _at_target(contributions, pairs.take(unchanged))
        else:
            continue
        then = then.take(then.positions() == 0)
        place = np.searchsorted(units, then.unit)
        changed = then.course != pairs.course[firsts][place]
        condition[place[changed]] = name
        new_first[place[changed]] = then.course[changed]
    return Counterfactuals(units, condition, new_first)


def _possible(snapshot: Snapshot, pairs: ScoredPairs, firsts: Index, name: str) -> NDArray[np.bool_]:
    """(n,) which pairs a condition leaves possible."""
    if name != "hours":
        return snapshot.possible_courses[name][pairs.course]
    hours = snapshot.course_hours[pairs.course]
    runs = np.diff(np.r_[firsts, len(pairs)])
    return np.asarray(hours < np.repeat(hours[firsts], runs))


def _at_target(contributions: NeedContributions, pairs: ScoredPairs) -> ScoredPairs:
    """The pairs ranked again with the main need of each first place gone."""
    firsts = np.flatnonzero(pairs.positions() == 0)
    main_competency = contributions.main_need(pairs.unit[firsts], pairs.course[firsts], pairs.personal[firsts])
    main_competency = np.where(pairs.unpersonalised[firsts], -1, main_competency)
    gone = np.repeat(main_competency, np.diff(np.r_[firsts, len(pairs)]))
    left = contributions.remaining_share(pairs.unit, pairs.course, gone)
    return replace(pairs, score=pairs.score * left).ordered()


def counter_line(
    condition: str, title: str, need: BilingualText | None, hours: float, school: bool, need_tried: bool
) -> Message:
    """The sentence; `need` and `hours` are those of the course that stands first."""
    if not condition:
        return message("reasons.counter_none_by_need" if need_tried else "reasons.counter_none")
    values: dict[str, Any] = {"who": message("reasons.the_teachers" if school else "reasons.you")}
    if condition == "hours":
        values["hours"] = hours
    elif condition == "at_target":
        values["need"] = need
    return message("reasons.counter", condition=Message(f"reasons.if_{condition}", values), title=title)
