"""Line 5, what would change the list: computed by ranking again under changed conditions, never canned.

The conditions are tried in order; the first one under which another course comes first is told: no on-site
meetings, no online study, no release days, fewer hours than the first course takes, and (where needs carry
the list) the first course's main need being at target, which takes that competency's part out of every gain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.snapshot import Snapshot
from recommender.lists.need_contributions import NeedContributions
from recommender.lists.reasons.reason_words import BilingualText, number
from recommender.lists.top_lists import Index, ScoredPairs

CONDITIONS = ("on_site", "online", "release", "hours", "at_target")


@dataclass(frozen=True)
class Counters:
    """By list: the condition that changes its first place ("": none), the course that then comes first."""

    units: Index
    condition: NDArray[np.object_]
    course: Index


def counters(snapshot: Snapshot, pairs: ScoredPairs, pulls: NeedContributions | None) -> Counters:
    """What changes each unit's first place; pairs: all eligible, ordered; no `pulls`: no need is tried."""
    firsts = np.flatnonzero(pairs.places() == 0)
    units = pairs.unit[firsts]
    condition = np.full(len(units), "", dtype=object)
    course = np.full(len(units), -1, np.intp)
    for name in CONDITIONS:
        open_ones = np.repeat(condition == "", np.diff(np.r_[firsts, len(pairs)]))
        if name != "at_target":
            then = pairs.take(open_ones & _kept(snapshot, pairs, firsts, name))
        elif pulls is not None:
            then = _at_target(pulls, pairs.take(open_ones))
        else:
            continue
        then = then.take(then.places() == 0)
        place = np.searchsorted(units, then.unit)
        changed = then.course != pairs.course[firsts][place]
        condition[place[changed]] = name
        course[place[changed]] = then.course[changed]
    return Counters(units, condition, course)


def _kept(snapshot: Snapshot, pairs: ScoredPairs, firsts: Index, name: str) -> NDArray[np.bool_]:
    """(n,) the pairs that a condition leaves possible."""
    courses = snapshot.tables["courses"]
    if name in ("on_site", "online"):
        out = ("offline", "blended") if name == "on_site" else ("online", "blended")
        return ~courses["mode"].isin(out).to_numpy(bool)[pairs.course]
    if name == "release":
        return np.asarray(courses["release_days"].to_numpy(np.float64)[pairs.course] == 0)
    hours = courses["hours"].to_numpy(np.float64)[pairs.course]
    runs = np.diff(np.r_[firsts, len(pairs)])
    return np.asarray(hours < np.repeat(hours[firsts], runs))


def _at_target(pulls: NeedContributions, pairs: ScoredPairs) -> ScoredPairs:
    """The pairs ranked again with the main need of each first place gone."""
    firsts = np.flatnonzero(pairs.places() == 0)
    main = pulls.main(pairs.unit[firsts], pairs.course[firsts])
    gone = np.repeat(main, np.diff(np.r_[firsts, len(pairs)]))
    left = pulls.left_without(pairs.unit, pairs.course, gone)
    return replace(pairs, score=pairs.score * left).ordered()


def sentence(
    condition: str, title: str, need: BilingualText | None, hours: float, school: bool, need_tried: bool
) -> BilingualText:
    """The line; `need` and `hours` are those of the course that stands first."""
    you, zh_you = ("the school's teachers", "本校教师") if school else ("you", "您")
    zh_need, en_need = need or ("", "")
    told = {
        "on_site": (f"{zh_you}不能参加线下学习", f"{you} could not attend on site"),
        "online": (f"{zh_you}不能线上学习", f"{you} could not study online"),
        "release": (f"{zh_you}不能脱产", f"{you} could not be released from lessons"),
        "hours": (f"{zh_you}能用的时间少于 {number(hours)} 学时", f"{you} had under {number(hours)} hours"),
        "at_target": (f"{zh_you}在「{zh_need}」已达到目标", f'{you} were at target in "{en_need}"'),
    }  # fmt: skip
    if not condition:
        more = ("、主要需求已达标", ", main need at target") if need_tried else ("", "")
        return BilingualText(
            f"在试过的条件下（不能线下、不能线上、不能脱产、学时更少{more[0]}），排第一的都不变。",
            f"Under every condition tried (no on-site, no online, no release, fewer hours{more[1]}) "
            "the first stays first.",
        )
    zh, en = told[condition]
    return BilingualText(f"如果{zh}，排第一的会是《{title}》。", f'If {en}, first would be "{title}".')
