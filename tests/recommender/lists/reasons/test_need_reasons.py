"""The need line has the numbers of the needs file, and hides those of too few people."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from features.disclosure import SCHOOL_MINIMUM
from recommender.lists.reasons.need_reasons import NeedLine
from recommender.lists.reasons.reason_lines import competency_names
from recommender.lists.recommend import Recommender
from recommender.text import render

NEED = re.compile(r'You are about (\d+) points (below|above) target in "(.+?)".*range (-?\d+) – (-?\d+)')


def test_points_and_range_are_those_of_the_needs_file(city, rows: pd.DataFrame) -> None:
    needs = pd.read_parquet(city.workspace.scores / "needs.parquet")
    names = city.workspace.tables["competencies"].set_index("name_en")["competency_id"]
    gaps = needs[needs["unit_kind"] == "teacher"].set_index(["unit_id", "competency_id"])
    checked = 0
    for unit, lines in rows.loc[rows["unit_kind"] == "teacher", ["unit_id", "lines"]].itertuples(index=False):
        match = NEED.search(lines["need"]["en"])
        if not match:
            continue
        gap = gaps.loc[(unit, names[match[3]])]
        sign = 1 if match[2] == "below" else -1
        assert sign * int(match[1]) == pytest.approx(10 * gap["gap_mean"], abs=0.51)
        assert int(match[4]) == pytest.approx(10 * (gap["gap_mean"] - 1.6449 * gap["gap_sd"]), abs=0.51)
        assert int(match[5]) == pytest.approx(10 * (gap["gap_mean"] + 1.6449 * gap["gap_sd"]), abs=0.51)
        checked += 1
    assert checked > 100


@pytest.mark.parametrize(("people", "hidden"), [(SCHOOL_MINIMUM - 1, True), (SCHOOL_MINIMUM, False)])
def test_the_need_of_too_few_people_is_hidden(ready: Recommender, people: int, hidden: bool) -> None:
    shape = (len(ready.school_ids), len(ready.snapshot.needs.competency_ids))
    names = competency_names(ready.snapshot)
    line = NeedLine(ready.snapshot, names, np.full(shape, people), ready.school_ids)
    assert ("hidden" in render(line.school(0, 0, "personal"), "en")) is hidden


def test_without_evidence_or_goal_no_number_is_given(ready: Recommender) -> None:
    line = NeedLine(ready.snapshot, competency_names(ready.snapshot), np.zeros((0, 0), np.intp), ready.school_ids)
    texts = [
        render(sentence, "en")
        for unit in (line.teacher, line.school)
        for sentence in (unit(0, 0, "uptake"), unit(0, -1, "personal"))
    ]
    assert len(set(texts)) == 4 and not any(re.search(r"\d", text) for text in texts)
