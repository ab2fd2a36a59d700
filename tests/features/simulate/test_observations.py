"""Further lessons of a simulated city follow today's ability, on the same forms, by experts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from features.simulate import past_of
from features.simulate.observations import observe_further
from features.tables import Tables

DAY = date(2026, 6, 20)


def test_further_lessons_are_rows_of_the_same_table(district: Tables) -> None:
    ids = district["teachers"]["teacher_id"].to_numpy()[:40]
    rows = pd.DataFrame(observe_further(*past_of(300, 2, "plain"), ids, DAY, draw=7))
    known = district["observations"]
    assert set(rows.columns) == set(known.columns) and set(rows["item"]) <= set(known["item"])
    assert set(rows["teacher_id"]) == set(ids) and rows.groupby("lesson_id")["teacher_id"].nunique().eq(1).all()
    assert not set(rows["lesson_id"]) & set(known["lesson_id"]) and rows["lesson_id"].nunique() == len(ids)
    assert set(rows["rater_id"]) & set(known["rater_id"]) and rows["rater_id"].str.startswith("EX").all()


def test_they_have_the_luck_of_their_draw_and_tell_ability() -> None:
    past = past_of(300, 2, "plain")
    city, edges = past[0], past[1]
    ids = np.array(city.teacher_ids, dtype=object)
    draws = [pd.DataFrame(observe_further(*past, ids, DAY, draw)) for draw in (1, 1, 2)]
    assert draws[0].equals(draws[1]) and not draws[0]["score"].equals(draws[2]["score"])
    share = (draws[2]["score"] - 1) / (draws[2]["scale_max"] - 1)
    mean = share.groupby(draws[2]["teacher_id"].to_numpy()).mean().reindex(city.teacher_ids).to_numpy()
    today = np.where(city.applies, edges[-1], np.nan)
    assert np.corrcoef(np.nanmean(today, axis=1), mean)[0, 1] > 0.4
