"""The need line has the numbers of the needs file, and hides those of too few people."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.disclosure import SCHOOL_MINIMUM
from recommender.lists.reasons.need_reasons import NeedLine
from recommender.lists.reasons.reason_lines import competency_names
from recommender.lists.recommend import Recommender
from recommender.text import render
from recommender.types import NeedPoints

NEED = re.compile(r'You are about (\d+) points? below target in "(.+?)".*range (-?\d+) – (-?\d+)')


def test_points_and_range_are_those_of_the_report(city, ready: Recommender, rows: pd.DataFrame) -> None:
    needs = ready.snapshot.needs.report
    names = city.workspace.tables["competencies"].set_index("name_en")["competency_id"]
    gaps = needs[needs["unit_kind"] == "teacher"].set_index(["unit_id", "competency_id"])
    checked = 0
    own = rows.loc[rows["unit_kind"] == "teacher", ["unit_id", "lines", "need_id"]]
    for unit, lines, need_id in own.itertuples(index=False):
        match = NEED.search(lines["need"]["en"])
        if not match:
            continue
        assert names[match[2]] == need_id
        gap = gaps.loc[(unit, need_id)]
        assert gap["band"] in ("clear", "possible") and gap["gap_mean"] > 0
        shown = NeedPoints.of(gap["mean"], gap["sd"], gap["gap_mean"])  # as the page has them
        assert int(match[1]) == shown.target - shown.estimate
        assert (int(match[3]), int(match[4])) == (shown.target - shown.high, shown.target - shown.low)
        assert shown.estimate == pytest.approx(50 + 10 * gap["mean"], abs=0.51)
        checked += 1
    assert checked > 100


def test_a_card_rests_on_a_need_or_is_called_an_extension(city, rows: pd.DataFrame) -> None:
    for kind in ("teacher", "school"):
        own = rows[(rows["unit_kind"] == kind) & (rows["basis"] == "personal")]
        texts = own["lines"].map(lambda lines: lines["need"]["en"])
        assert (texts.str.startswith("Extension course") == (own["need_id"] == "")).all()
        assert not texts.str.contains("above target").any()
    extensions = rows[(rows["unit_kind"] == "teacher") & (rows["need_id"] == "")]
    assert len(extensions) > 0


@pytest.mark.parametrize(
    ("mean", "gap", "zh", "en"),
    [(0.14, 0.16, "约差 2 分", "about 2 points below"), (0.14, 0.06, "约差 1 分", "about 1 point below"),
     (0.06, 0.08, "不到 1 分", "less than 1 point below"), (-0.26, 0.20, "约差 2 分", "about 2 points below")],
)  # fmt: skip
def test_the_sentence_adds_up_with_the_figures_on_the_page(
    ready: Recommender, mean: float, gap: float, zh: str, en: str
) -> None:
    needs = ready.snapshot.needs
    shape = needs.mean.shape
    planted = replace(needs, mean=np.full(shape, mean), gap_mean=np.full(shape, gap), sd=np.full(shape, 0.3))
    snapshot = replace(ready.snapshot, needs=planted)
    line = NeedLine(snapshot, competency_names(snapshot), np.zeros((0, 0), np.intp), ready.school_ids)
    sentence = line.teacher(0, 0, "personal")
    assert zh in render(sentence, "zh") and en in render(sentence, "en")
    shown = NeedPoints.of(mean, 0.3, gap)
    assert shown.target - shown.estimate == shown.below == (0 if "不到" in zh else int(zh[3]))
    assert f"{shown.target - shown.high} – {shown.target - shown.low}" in render(sentence, "en")


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
        for sentence in (unit(0, 0, "uptake"), unit(0, -1, "personal"), unit(0, -1, "group"))
    ]
    assert len(set(texts)) == 6 and not any(re.search(r"\d", text) for text in texts)


def test_without_a_record_the_estimate_is_that_of_a_group(ready: Recommender) -> None:
    """Nothing known of her: no finding, and it is said whose estimate it is; five colleagues with records are named."""
    needs = ready.snapshot.needs
    own, short = np.asarray(needs.measured).copy(), needs.applies & (needs.gap_mean > 0.1)
    teacher = int(np.flatnonzero(short.any(axis=1))[0])
    leaf = int(np.flatnonzero(short[teacher])[0])
    own[teacher] = False
    shape = (len(ready.school_ids), len(needs.competency_ids))

    def text(measured: np.ndarray) -> str:
        snapshot = replace(ready.snapshot, needs=replace(needs, measured=measured))
        line = NeedLine(snapshot, competency_names(snapshot), np.full(shape, 9), ready.school_ids)
        return render(line.teacher(teacher, leaf, "group"), "en")

    known = text(own)
    assert known.startswith("We have no assessment data for you yet") and "no finding" not in known
    assert "not a finding about you" in known and "teachers of your school" in known
    mean, gap = needs.mean[teacher, leaf], needs.gap_mean[teacher, leaf]
    assert f"about {NeedPoints.of(mean, 0.1, gap).below} point" in known
    nobody = text(np.zeros_like(own))
    assert "teachers of your step" in nobody and "teachers of your school" not in nobody
    school = ready.school_of == ready.school_of[teacher]
    few = own & (~school | (np.cumsum(own & school) <= SCHOOL_MINIMUM - 1))
    assert not re.search(r"\d", text(few)) and "too few" in text(few)
