"""One unit's rows of the needs report, largest expected gap first."""

from __future__ import annotations

import pandas as pd
import pytest

from recommender.lists.recommend import Recommender
from recommender.lists.unit_needs import UnitNeeds


@pytest.fixture(scope="module")
def units(ready: Recommender) -> UnitNeeds:
    return UnitNeeds(ready.snapshot.needs, ready.snapshot.tables["competencies"])


@pytest.mark.parametrize("kind", ["teacher", "department", "school"])
def test_each_unit_has_its_own_rows(ready: Recommender, units: UnitNeeds, kind: str) -> None:
    report = ready.snapshot.needs.report
    rows: pd.DataFrame = report[report["unit_kind"] == kind]
    for unit_id in rows["unit_id"].unique()[[0, -1]]:
        own = rows[rows["unit_id"] == unit_id].set_index("competency_id")
        needs = units.of(kind, str(unit_id))
        gaps = [need.expected_gap for need in needs]
        assert {need.competency_id for need in needs} == set(own.index) and len(needs) == len(own)
        assert gaps == sorted(gaps, reverse=True)
        assert all(need.mean == own.at[need.competency_id, "mean"] for need in needs)


def test_an_unknown_unit_kind_or_competency(units: UnitNeeds) -> None:
    assert units.of("teacher", "nobody") == () and units.of("galaxy", "nobody") == ()
    assert units.name("nothing") == ("nothing", "nothing")
