"""A constraint is one class: registered here, it is in the command, the API, the form, the prices and the workbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from recommender.cli.main import run
from recommender.planning.constraints.constraint import NumberConstraint, PriceKind, ShadowPrice, SolvedDuals
from recommender.planning.problem.constraint_registry import register, unregister
from recommender.planning.problem.linear_constraints import LinearConstraints
from recommender.planning.problem.problem_builder import ProblemBuilder
from recommender.planning.problem.setting import FormField, Whole
from recommender.text.catalogues import catalogue

WORDS = {
    "toy_label": {"zh": "全区名额上限", "en": "seats in all"},
    "toy_field": {"zh": "全区最多几个名额", "en": "Most seats in all"},
}


class SeatsInAll(NumberConstraint):
    """Not more than so many seats in the whole plan."""

    key = "seats_in_all"
    order = 35
    value_type = Whole
    form = FormField("seats_in_all", "number", "planning.toy_field", "1")
    label = "planning.toy_label"
    price_kinds = (PriceKind("seats_in_all", "seat", "planning.toy_label"),)
    whole = True

    def formulate(self, value: float | None, builder: ProblemBuilder) -> None:
        if value is not None:
            seats = np.ones(len(builder.district.courses))
            builder.add(LinearConstraints(self.key, ("",), np.array([float(value)]), seats))

    def prices(self, value: float | None, solved: SolvedDuals) -> Iterator[ShadowPrice]:
        if value is not None:
            yield self.price(0, "", float(solved.duals.constraints[self.key][0]))


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, words in WORDS.items():
        monkeypatch.setitem(cast(dict[str, Any], catalogue("planning")), name, words)
    register(SeatsInAll)
    yield
    unregister(SeatsInAll.key)


@pytest.mark.slow
def test_the_command_keeps_it_and_its_price_is_in_every_file(
    city: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECOMMENDER_SIGNING_KEY", city.key)
    (tmp_path / "limits.toml").write_text("seats_in_all = 12\n", "utf-8")
    out = tmp_path / "plan"
    code = run([
        "plan", "--district", city.district, "--budget", "200000", "--limits", str(tmp_path / "limits.toml"),
        "--draws", "0", "--out", str(out), "--workspace", str(city.workspace), "--json",
    ])  # fmt: skip
    assert code == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["limits"] == {"seats_in_all": 12} and 0 < summary["seats"] <= 12
    prices = pd.read_csv(out / "prices.csv").set_index("limit")
    assert prices.loc["seats_in_all", "unit"] == "seat" and prices.loc["seats_in_all", "price"] > 0
    assert "全区名额上限" in prices.loc["seats_in_all", "zh"] and "Seats in all" in prices.loc["seats_in_all", "en"]
    workbook = CalamineWorkbook.from_path(out / "workbook.xlsx")
    cells = {str(c) for n in workbook.sheet_names for row in workbook.get_sheet_by_name(n).to_python() for c in row}
    assert "全区名额上限 seats in all" in cells


def test_a_wrong_value_names_the_key_and_what_it_accepts(client: TestClient, sign: Any, plans: Any) -> None:
    question = {"district_id": "D1", "budget": 1000, "limits": {"seats_in_all": -1}}
    answer = client.post("/v1/plans", json=question, headers=sign("district"))
    assert answer.status_code == 422 and "seats_in_all" in answer.text and "0 or more" in answer.text
    assert not plans.questions


def test_the_service_and_the_form_take_it(client: TestClient, sign: Any, plans: Any) -> None:
    question = {"district_id": "D1", "budget": 1000, "limits": {"seats_in_all": 7}}
    assert client.post("/v1/plans", json=question, headers=sign("district")).status_code == 202
    assert plans.questions[-1] == ("D1", 1000.0, {"seats_in_all": 7})
    page = client.get("/districts/D1?lang=en", headers=sign("district")).text
    assert re.search(r'Most seats in all</span><input name="seats_in_all" type="number"', page)
    sent = client.post(
        "/districts/D1/plans", data={"budget": "2,000", "seats_in_all": "9"}, headers=sign("district"),
        follow_redirects=False,
    )  # fmt: skip
    assert sent.status_code == 303
    assert plans.questions[-1] == ("D1", 2000.0, {"seats_in_all": 9})
