"""Lines 2 and 4, which depend on the course alone: fit and evidence; and the static part of line 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from features.snapshot import Snapshot
from recommender.lists.reasons.reason_words import BilingualText, day, number
from recommender.text import in_both, word

NINETY = 1.6449


class CourseLines:
    """Sentences per course, made once for the whole catalogue (and per goal, at first use)."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._goals = snapshot.goals
        courses = snapshot.tables["courses"]
        self._units = courses["units"].to_numpy(np.float64)
        names = snapshot.tables["competencies"].set_index("competency_id")
        self._names = [
            BilingualText(str(names.at[k, "name_zh"]), str(names.at[k, "name_en"]))
            for k in snapshot.needs.competency_ids
        ]
        self._fits: dict[tuple[int, int], BilingualText] = {}
        self.feasible = [_feasible(row) for row in courses.to_dict("records")]
        self.evidence = _evidence(snapshot)

    def fit(self, course: int, competency: int) -> BilingualText:
        """How much of the course is about `competency` (about its main goal where that is -1)."""
        key = (course, competency)
        if key not in self._fits:
            self._fits[key] = self._fit(course, competency)
        return self._fits[key]

    def _fit(self, course: int, competency: int) -> BilingualText:
        goals = self._goals[course]
        units = self._units[course]
        if not len(goals) or not goals.max() > 0:
            return BilingualText("课程目标：未记录。", "Course goals: not recorded.")
        if competency < 0:
            competency = int(goals.argmax())
        name, share = self._names[competency], goals[competency]
        zh = f"课程目标权重的 {share:.0%} 针对「{name.zh}」"
        en = f'{share:.0%} of the weight of its goals is on "{name.en}"'
        if np.isnan(units):
            return BilingualText(f"{zh}；单元数：未记录。", f"{en}; number of units: not recorded.")
        return BilingualText(
            f"{zh}；全课 {units:.0f} 个单元，各单元针对哪一项：未记录。",
            f"{en}; {units:.0f} units in all, which unit serves which goal: not recorded.",
        )


def _feasible(row: Mapping[Any, Any]) -> tuple[BilingualText, BilingualText]:
    """What stands before and after the teacher's hours in line 3."""
    mode = in_both(word("mode", str(row["mode"])))
    category = in_both(word("category", str(row["category"])))
    hours = number(float(row["hours"]))
    start, end = day(row["start_date"]), day(row["end_date"])
    if start and end:
        when = (f"{start} 至 {end}", f"{start} to {end}")
    elif start or end:
        when = (f"{start or '起始日期未记录'} 至 {end or '结束日期未记录'}",
                f"{start or 'start not recorded'} to {end or 'end not recorded'}")  # fmt: skip
    else:
        when = ("日期未记录", "dates not recorded")
    release = float(row["release_days"])
    away = ("不占工作日", "no release days") if release == 0 else (
        f"需脱产 {number(release)} 天", f"{number(release)} release {'day' if release == 1 else 'days'}"
    )  # fmt: skip
    seats = number(float(row["max_seats"]))
    return (
        BilingualText(
            f"{mode[0]}，{hours} 学时（{category[0]}）",
            f"{mode[1].capitalize()}, {hours} hours ({category[1]})",
        ),
        BilingualText(
            f"{when[0]}，{away[0]}，名额 {seats}（剩余名额未记录）。",
            f"{when[1]}; {away[1]}; {seats} seats (how many are left: not recorded).",
        ),
    )


def _evidence(snapshot: Snapshot) -> list[BilingualText]:
    """Mean change among past learners with scores before and after, 90% interval; never called an effect."""
    taken = snapshot.tables["enrolments"]
    done = taken[(taken["status"] == "completed") & taken["score"].notna() & taken["pre_score"].notna()]
    change = pd.DataFrame({"course_id": done["course_id"], "change": done["score"] - done["pre_score"]})
    told = change.groupby("course_id")["change"].agg(["size", "mean", "std"])
    told = told.reindex(snapshot.course_ids)
    return [_told(n, mean, sd) for n, mean, sd in told.to_numpy(np.float64)]


def _told(n: float, mean: float, sd: float) -> BilingualText:
    tail_zh, tail_en = (
        "没有对照组；课堂是否改变：未测量。",
        "no comparison group; classroom change: not measured.",
    )
    if np.isnan(n):
        return BilingualText(
            f"以往学员训前训后成绩：未记录；{tail_zh}",
            f"Scores of past learners before and after: not recorded; {tail_en}",
        )
    span = ""
    if n >= 2 and not np.isnan(sd):
        half = NINETY * sd / np.sqrt(n)
        span = f"{mean - half:.1f} – {mean + half:.1f}"
    up_zh = "提高" if mean >= 0 else "下降"
    up_en = "higher" if mean >= 0 else "lower"
    learners = "learner" if n == 1 else "learners"
    return BilingualText(
        f"以往 {n:.0f} 位有训前训后成绩的学员，成绩平均{up_zh} {abs(mean):.1f} 分"
        f"{f'（变化的 90% 区间 {span}）' if span else '（人数太少，没有区间）'}，{tail_zh}",
        f"{n:.0f} past {learners} with scores before and after: on average "
        f"{abs(mean):.1f} points {up_en} after"
        f"{f' (90% interval of the change {span})' if span else ' (too few for an interval)'}; {tail_en}",
    )
