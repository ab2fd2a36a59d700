"""What the lines say of a course stands in the tables; what the tables lack is called not recorded."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.disclosure import SCHOOL_MINIMUM, rounded
from features.tables import Tables
from models.effects.effect_estimates import CourseEffects
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


@pytest.mark.parametrize(
    ("n", "claim", "zh", "en"),
    [
        (0, "unknown", "没有对照组；", "no comparison group;"),
        (4, "unknown", "对照的教师太少，不公布；", "the teachers compared are too few to report;"),
        (37, "unknown", "另与 37 位没有参加的教师作过比较：不能下结论；", "with 37 teachers who did not take it: no conclusion;"),
        (37, "works", "作过比较：参加者更高，超出误差；", "those who took it stand higher, beyond error;"),
        (37, "no_effect", "作过比较：没有可见的差别；", "no difference to be seen;"),
    ],
)  # fmt: skip
def test_no_comparison_group_only_where_there_is_none(ready: Recommender, n: int, claim: str, zh: str, en: str) -> None:
    estimated = CourseEffects({str(ready.snapshot.course_ids[0]): (0.1, 0.1, 9, n, claim)})
    line = CourseLines(ready.snapshot, competency_names(ready.snapshot), estimated).evidence[0]
    assert zh in line.zh and en in line.en


def test_the_lines_name_those_who_were_compared(ready: Recommender, rows: pd.DataFrame, city) -> None:
    effects = pd.read_parquet(city.workspace.scores / "course_effects.parquet").set_index("course_id")
    for course, lines in rows[["course_id", "lines"]].drop_duplicates("course_id").itertuples(index=False):
        assert ("no comparison group" in lines["evidence"]["en"]) == (
            ready.bundle.scoring_model.rule.estimated.courses.get(course, (0, 0, 0, 0, ""))[3] == 0
        )
        assert course in effects.index


def test_few_scores_give_the_interval_of_student(ready: Recommender) -> None:
    """Five changes of 0, 4, 8, 12 and 16: mean 8, sd 6.32, t(4) = 2.132, so 2.0 to 14.0; a normal one says 3.3 to 12.7."""
    frames = dict(ready.snapshot.tables.frames)
    course = ready.snapshot.course_ids[0]
    row = frames["enrolments"].iloc[[0]].assign(course_id=course, status="completed", pre_score=50.0)
    changed = pd.concat([row.assign(score=50.0 + change) for change in (0.0, 4.0, 8.0, 12.0, 16.0)])
    others = pd.concat([row.assign(course_id=ready.snapshot.course_ids[1], score=50.0)] * 5)
    frames |= {"enrolments": pd.concat([changed, others])}
    text = CourseLines(
        replace(ready.snapshot, tables=Tables(frames, True)), competency_names(ready.snapshot)
    ).evidence[0].en
    low, high = (float(x) for x in re.search(r"change (-?[\d.]+) – ([\d.]+)", text).groups())  # type: ignore[union-attr]
    step = rounded(1.0, 16.0 / 5)  # the floor of what one learner contributes
    assert low == pytest.approx(rounded(8 - 2.132 * 6.3246 / 5**0.5, 3.2), abs=0.06)
    assert high == pytest.approx(rounded(8 + 2.132 * 6.3246 / 5**0.5, 3.2), abs=0.06) and step == 0.0


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
