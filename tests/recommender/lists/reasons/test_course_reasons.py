"""What the lines say of a course stands in the tables; what the tables lack is called not recorded."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.disclosure import SCHOOL_MINIMUM, rounded
from features.tables import Tables
from recommender.lists.reasons.course_reasons import CourseLines
from recommender.lists.reasons.reason_lines import competency_names
from recommender.lists.recommend import Recommender


def test_the_evidence_line_is_the_mean_change_of_past_learners(ready: Recommender, rows: pd.DataFrame) -> None:
    enrolments = ready.snapshot.tables["enrolments"]
    completed = enrolments[
        (enrolments["status"] == "completed") & enrolments["score"].notna() & enrolments["pre_score"].notna()
    ]
    change_of_each = completed["score"] - completed["pre_score"]
    change = change_of_each.groupby(completed["course_id"])
    mean, count, few = change.mean(), change.size(), 0
    for course, lines in rows[["course_id", "lines"]].drop_duplicates("course_id").itertuples(index=False):
        text = lines["evidence"]["en"]
        if course not in count:
            assert text.startswith("Scores of past learners before and after: not recorded")
            continue
        if count[course] < SCHOOL_MINIMUM:
            few += 1
            assert text.startswith("Scores of past learners before and after: too few to report")
            continue
        match = re.match(r"(\d+) past learners? .* average ([\d.]+) points (higher|lower)", text)
        assert match and int(match[1]) == count[course]
        sign = 1 if match[3] == "higher" else -1
        shown = rounded(float(mean[course]), float(change_of_each.abs().max()) / count[course])
        assert sign * float(match[2]) == pytest.approx(shown, abs=0.051) and "interval of the change" in text
    assert few


def test_one_more_result_of_a_colleague_does_not_follow_from_the_line(ready: Recommender) -> None:
    """Four results are not reported; the fifth and sixth change the mean by less than a step or by a whole one."""
    frames = dict(ready.snapshot.tables.frames)
    course = ready.snapshot.course_ids[0]
    row = frames["enrolments"].iloc[[0]].assign(course_id=course, status="completed", pre_score=50.0)
    scores = [52.0, 61.0, 57.0, 55.0, 71.0, 58.2]

    def line(n: int) -> str:
        rows = pd.concat([row.assign(score=score) for score in scores[:n]])
        snapshot = replace(ready.snapshot, tables=Tables(frames | {"enrolments": rows}, True))
        return CourseLines(snapshot, competency_names(snapshot)).evidence[0].en

    assert [("too few to report" in line(n)) for n in range(1, 7)] == [True] * 4 + [False] * 2
    means = [float(re.search(r"([\d.]+) points", line(n))[1]) for n in (5, 6)]  # type: ignore[index]
    assert means == [10.0, 10.0]
    assert 6 * means[1] - 5 * means[0] != pytest.approx(scores[5] - 50.0, abs=1.0)


def test_what_the_tables_lack_is_called_not_recorded(ready: Recommender) -> None:
    frames = dict(ready.snapshot.tables.frames)
    empty = frames["courses"].assign(units=np.nan, start_date=pd.NaT, end_date=pd.NaT)
    frames |= {"courses": empty, "enrolments": frames["enrolments"].iloc[:0]}
    snapshot = replace(ready.snapshot, tables=Tables(frames, True))
    lines = CourseLines(snapshot, competency_names(snapshot))
    assert "units: not recorded" in lines.fit(0, -1).en and "单元数：未记录" in lines.fit(0, -1).zh
    assert "dates not recorded" in lines.feasible[0].terms.en
    assert lines.evidence[0].zh.startswith("以往学员训前训后成绩：未记录")


def test_form_dates_release_and_seats(ready: Recommender) -> None:
    frames = dict(ready.snapshot.tables.frames)
    day = pd.Timestamp("2026-09-01")
    changed = frames["courses"].assign(
        mode="offline", hours=12.5, category="public", start_date=day, end_date=pd.NaT, release_days=1.0, max_seats=30
    )
    snapshot = replace(ready.snapshot, tables=Tables(frames | {"courses": changed}, True))
    form, terms = CourseLines(snapshot, competency_names(snapshot)).feasible[0]
    assert form == ("线下，12.5 学时（公需科目）", "On site, 12.5 hours (public)")
    assert terms.zh == "2026-09-01 至 结束日期未记录，需脱产 1 天，名额 30（剩余名额未记录）。"
    assert terms.en == (
        "2026-09-01 to end not recorded; 1 release day; 30 seats (how many are left: not recorded)."
    )
