"""Reasons say what the tables hold and nothing else; the counter-reason holds when it is computed again."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.tables import Tables
from recommender.lists.reasons.counterfactual import CONDITIONS, counters
from recommender.lists.reasons.course_reasons import CourseLines
from recommender.lists.reasons.reason_lines import KINDS
from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs
from recommender.pipeline import run_recommender

CAUSAL = re.compile(r"because of|caus|effect|impact|improves|导致|促使|使成绩|效果", re.IGNORECASE)


@pytest.fixture(scope="module")
def ready(city) -> Recommender:
    return run_recommender(city.workspace, city.settings)


@pytest.fixture(scope="module")
def pairs(ready: Recommender) -> ScoredPairs:
    return ready.ranked(np.arange(len(ready.snapshot.teacher_ids)))


@pytest.fixture(scope="module")
def rows(city) -> pd.DataFrame:
    frame = pd.read_parquet(city.written.recommendations)
    return frame.assign(told=[{r["kind"]: r for r in json.loads(cell)} for cell in frame["reasons"]])


def test_five_lines_in_order_and_in_both_languages(rows: pd.DataFrame) -> None:
    for told in rows["told"]:
        assert tuple(told) == KINDS
        assert all(line["zh"].endswith("。") and line["en"].endswith((".", '."')) for line in told.values())
        assert not any(
            re.search(r"\bnan\b|None|NaT|\binf\b", line["zh"] + line["en"]) for line in told.values()
        )


def test_nothing_is_claimed_to_cause_anything(rows: pd.DataFrame) -> None:
    for told in rows["told"]:
        assert not CAUSAL.search(told["evidence"]["zh"] + told["evidence"]["en"])
        assert "not measured" in told["evidence"]["en"] and "no comparison group" in told["evidence"]["en"]


def test_the_need_line_gives_the_points_and_range_of_the_needs_file(city, rows: pd.DataFrame) -> None:
    needs = pd.read_parquet(city.workspace.scores / "needs.parquet")
    names = city.workspace.tables["competencies"].set_index("name_en")["competency_id"]
    gaps = needs[needs["unit_kind"] == "teacher"].set_index(["unit_id", "competency_id"])
    said = re.compile(r'You are about (\d+) points (below|above) target in "(.+?)".*range (-?\d+) – (-?\d+)')
    checked = 0
    for unit, told in rows.loc[rows["unit_kind"] == "teacher", ["unit_id", "told"]].itertuples(index=False):
        found = said.search(told["need"]["en"])
        if not found:
            continue
        gap = gaps.loc[(unit, names[found[3]])]
        sign = 1 if found[2] == "below" else -1
        assert sign * int(found[1]) == pytest.approx(10 * gap["gap_mean"], abs=0.51)
        assert int(found[4]) == pytest.approx(10 * (gap["gap_mean"] - 1.6449 * gap["gap_sd"]), abs=0.51)
        assert int(found[5]) == pytest.approx(10 * (gap["gap_mean"] + 1.6449 * gap["gap_sd"]), abs=0.51)
        checked += 1
    assert checked > 100


def test_the_feasible_line_counts_hours_still_owed(ready: Recommender, rows: pd.DataFrame) -> None:
    owed = ready.writer.owed.table.groupby(["teacher_id", "category"])["owed"].max()
    courses = ready.snapshot.tables["courses"].set_index("course_id")
    for unit, course, told in rows.loc[
        rows["unit_kind"] == "teacher", ["unit_id", "course_id", "told"]
    ].itertuples(index=False):
        own = [owed.get((unit, c)) for c in (courses.at[course, "category"], "any")]
        left = [hours for hours in own if hours is not None]
        found = re.search(r"([\d.]+) of them count", told["feasible"]["en"])
        if not left:
            assert "required hours: not recorded" in told["feasible"]["en"]
        elif max(left) <= 0:
            assert "complete" in told["feasible"]["en"]
        else:
            assert float(found[1]) == pytest.approx(min(courses.at[course, "hours"], max(left)), abs=0.051)


def test_the_evidence_line_is_the_mean_change_of_past_learners(
    ready: Recommender, rows: pd.DataFrame
) -> None:
    taken = ready.snapshot.tables["enrolments"]
    done = taken[(taken["status"] == "completed") & taken["score"].notna() & taken["pre_score"].notna()]
    change = (done["score"] - done["pre_score"]).groupby(done["course_id"])
    mean, count = change.mean(), change.size()
    for course, told in rows[["course_id", "told"]].drop_duplicates("course_id").itertuples(index=False):
        text = told["evidence"]["en"]
        if course not in count:
            assert text.startswith("Scores of past learners before and after: not recorded")
            continue
        found = re.match(r"(\d+) past learners? .* average ([\d.]+) points (higher|lower)", text)
        assert int(found[1]) == count[course]
        sign = 1 if found[3] == "higher" else -1
        assert sign * float(found[2]) == pytest.approx(mean[course], abs=0.051)
        assert ("interval of the change" in text) == (count[course] > 1)


def test_what_is_not_in_the_tables_is_said_to_be_missing(ready: Recommender) -> None:
    frames = dict(ready.snapshot.tables.frames)
    empty = frames["courses"].assign(units=np.nan, start_date=pd.NaT, end_date=pd.NaT)
    frames |= {"courses": empty, "enrolments": frames["enrolments"].iloc[:0]}
    snapshot = replace(ready.snapshot, tables=Tables(frames, True))
    lines = CourseLines(snapshot)
    assert "units: not recorded" in lines.fit(0, -1).en and "单元数：未记录" in lines.fit(0, -1).zh
    assert "dates not recorded" in lines.feasible[0][1].en
    assert lines.evidence[0].zh.startswith("以往学员训前训后成绩：未记录")


def _first_after(ready: Recommender, pairs: ScoredPairs, unit: int, condition: str) -> int | None:
    """The first place of one list under a changed condition, worked out one course at a time."""
    courses = ready.snapshot.tables["courses"]
    mine = pairs.take(pairs.unit == unit)
    best = mine.course[0]
    terms = {c: ready.pulls.terms(np.array([unit]), np.array([c]))[0] for c in mine.course}
    leaf = ready.pulls._table.leaf
    gone = ready.pulls.main(np.array([unit]), np.array([best]))[0]
    kept = []
    for c, score in zip(mine.course, mine.score, strict=True):
        row = courses.iloc[c]
        if condition == "on_site" and row["mode"] != "online":
            continue
        if condition == "online" and row["mode"] != "offline":
            continue
        if condition == "release" and row["release_days"] > 0:
            continue
        if condition == "hours" and row["hours"] >= courses["hours"].iloc[best]:
            continue
        if condition == "at_target" and terms[c].sum() > 0:
            score *= terms[c][leaf[c] != gone].sum() / terms[c].sum()
        kept.append((-score, c))
    return min(kept)[1] if kept else None


def test_the_counter_reason_is_the_first_condition_that_changes_the_first_place(
    ready: Recommender, pairs: ScoredPairs
) -> None:
    found = counters(ready.snapshot, pairs, ready.pulls)
    for unit, condition, course in list(zip(found.units, found.condition, found.course, strict=True))[:60]:
        best = pairs.course[pairs.unit == unit][0]
        then = {name: _first_after(ready, pairs, unit, name) for name in CONDITIONS}
        changing = [name for name in CONDITIONS if then[name] not in (None, best)]
        assert condition == (changing[0] if changing else "")
        assert course == (then[condition] if changing else -1)


def test_the_counter_line_names_that_course(ready: Recommender, pairs: ScoredPairs, rows: pd.DataFrame) -> None:
    found = counters(ready.snapshot, pairs, ready.pulls)
    titles = ready.snapshot.tables["courses"]["title"]
    first = rows[(rows["unit_kind"] == "teacher") & (rows["rank"] == 1)].set_index("unit_id")["told"]
    for unit, course in zip(found.units, found.course, strict=True):
        line = first[ready.snapshot.teacher_ids[unit]]["counter"]
        if course >= 0:
            assert line["en"].endswith(f'first would be "{titles.iloc[course]}".')
            assert line["zh"].endswith(f"排第一的会是《{titles.iloc[course]}》。")
        else:
            assert "stays first" in line["en"]


def test_a_need_at_target_changes_the_list_where_nothing_else_does(ready: Recommender, pairs: ScoredPairs) -> None:
    """Online courses of equal length without release days leave only the need to change."""
    frames = dict(ready.snapshot.tables.frames)
    same = frames["courses"].assign(mode="blended", hours=10.0, release_days=0.0)
    frames |= {"courses": same}
    snapshot = replace(ready.snapshot, tables=Tables(frames, True))
    found = counters(snapshot, pairs, ready.pulls)
    assert set(found.condition) <= {"at_target", ""} and "at_target" in set(found.condition)
    assert set(counters(snapshot, pairs, None).condition) == {""}


def test_small_schools_say_nothing_of_their_need(ready: Recommender) -> None:
    line = ready.writer._need
    before = line._members.copy()
    line._members[:] = 4
    try:
        assert "hidden" in line.school(0, 0, "personal").en
    finally:
        line._members[:] = before
