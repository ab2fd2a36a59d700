"""The buttons below a plan: a reason goes with each, and they say what else they change."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

PLAN, OTHER = "P0000000000aa", "P0000000000cc"
DISTRICT = {"Authorization": "Bearer district"}


def _press(client: TestClient, action: str, **form: str) -> int:
    return client.post(f"/plans/{PLAN}/{action}", headers=DISTRICT, data=form, follow_redirects=False).status_code


def _page(client: TestClient) -> str:
    return client.get(f"/plans/{PLAN}?lang=en", headers=DISTRICT).text


def test_adopted_with_a_reason_then_withdrawn(client: TestClient, plans: Any) -> None:
    assert f'action="/plans/{PLAN}/adopt' in _page(client) and f"/plans/{PLAN}/withdraw" not in _page(client)
    assert _press(client, "adopt", reason=" 预算已批 ") == 303
    assert plans.adopted[PLAN].why == "预算已批"
    page = _page(client)
    assert "Reason: 预算已批" in page and f'action="/plans/{PLAN}/withdraw' in page and f"/plans/{PLAN}/adopt" not in page
    assert _press(client, "withdraw", reason="人数有变") == 303
    page = _page(client)
    assert plans.adopted == {} and "withdrew this plan" in page and f'action="/plans/{PLAN}/adopt' in page


@pytest.mark.parametrize("place", ["", "beside"])
def test_a_district_is_asked_whether_its_other_plans_stand_on(client: TestClient, plans: Any, place: str) -> None:
    assert 'value="beside"' not in _page(client)
    plans.states[OTHER] = "done"
    plans.adopt(OTHER, "planner")
    assert 'value="beside"' in _page(client)
    assert _press(client, "adopt", **({"place": place} if place else {})) == 303
    assert set(plans.adopted) == ({PLAN, OTHER} if place else {PLAN})


def test_a_reason_that_the_form_does_not_let_through(client: TestClient, plans: Any) -> None:
    assert _press(client, "adopt", reason="x" * 501) == 400 and _press(client, "adopt", reason="\0") == 400
    assert plans.adopted == {}
