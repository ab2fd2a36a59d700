"""The counterfactual line holds when the list is ranked again, one course at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.tables import Tables
from recommender.lists.reasons.counterfactual import CONDITIONS, find_counterfactuals
from recommender.lists.recommend import Recommender
from recommender.lists.top_lists import ScoredPairs


def _first_after(ready: Recommender, pairs: ScoredPairs, unit: int, condition: str) -> int | None:
    """The first place of one list under a changed condition."""
    courses = ready.snapshot.tables["courses"]
    own = pairs.take(pairs.unit == unit)
    best = own.course[0]
    main_competency = ready.contributions.main_need(own.unit[:1], own.course[:1], own.personal[:1])[0]
    candidates = []
    for c, score in zip(own.course, own.score, strict=True):
        row = courses.iloc[c]
        if condition == "on_site" and row["mode"] != "online":
            continue
        if condition == "online" and row["mode"] != "offline":
            continue
        if condition == "release" and row["release_days"] > 0:
            continue
        if condition == "hours" and row["hours"] >= courses["hours"].iloc[best]:
            continue
        terms = ready.contributions.terms(np.array([unit]), np.array([c]))[0]
        leaves = ready.contributions.leaves(np.array([c]))[0]
        if condition == "at_target" and terms.sum() > 0:
            score *= terms[leaves != main_competency].sum() / terms.sum()
        candidates.append((-score, c))
    return min(candidates)[1] if candidates else None


def test_it_is_the_first_condition_that_changes_the_first_place(ready: Recommender, pairs: ScoredPairs) -> None:
    changes = find_counterfactuals(ready.snapshot, pairs, ready.contributions)
    for unit, condition, course in list(zip(changes.units, changes.condition, changes.course, strict=True))[:60]:
        best = pairs.course[pairs.unit == unit][0]
        then = {name: _first_after(ready, pairs, unit, name) for name in CONDITIONS}
        changing = [name for name in CONDITIONS if then[name] not in (None, best)]
        assert condition == (changing[0] if changing else "")
        assert course == (then[condition] if changing else -1)


def test_the_line_names_that_course(ready: Recommender, pairs: ScoredPairs, rows: pd.DataFrame) -> None:
    changes = find_counterfactuals(ready.snapshot, pairs, ready.contributions)
    titles = ready.snapshot.tables["courses"]["title"]
    first = rows[(rows["unit_kind"] == "teacher") & (rows["rank"] == 1)].set_index("unit_id")["lines"]
    for unit, course in zip(changes.units, changes.course, strict=True):
        line = first[ready.snapshot.teacher_ids[unit]]["counter"]
        if course >= 0:
            assert line["en"].endswith(f'first would be "{titles.iloc[course]}".')
            assert line["zh"].endswith(f"排第一的会是《{titles.iloc[course]}》。")
        else:
            assert "stays first" in line["en"]


def test_a_need_at_target_changes_the_list_where_nothing_else_does(ready: Recommender, pairs: ScoredPairs) -> None:
    """Blended courses of equal length without release days leave only the need to change."""
    frames = dict(ready.snapshot.tables.frames)
    frames |= {"courses": frames["courses"].assign(mode="blended", hours=10.0, release_days=0.0)}
    snapshot = replace(ready.snapshot, tables=Tables(frames, True))
    changes = find_counterfactuals(snapshot, pairs, ready.contributions)
    assert set(changes.condition) <= {"at_target", ""} and "at_target" in set(changes.condition)
    assert set(find_counterfactuals(snapshot, pairs, None).condition) == {""}
