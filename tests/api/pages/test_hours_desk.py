"""The desks of hours as people use them: picked entries, all that a filter leaves, a teacher's claim and its way back."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from starlette.testclient import TestClient


def _form(client: TestClient, role: str, path: str, **fields: str) -> Any:
    token = hashlib.sha256(f"form\0Bearer {role}".encode()).hexdigest()
    headers = {"Authorization": f"Bearer {role}"}
    return client.post(path, data={"form_token": token, "once": "k"} | fields, headers=headers, follow_redirects=False)


def _page(client: TestClient, role: str, path: str) -> str:
    answer = client.get(path, headers={"Authorization": f"Bearer {role}"})
    assert answer.status_code == 200
    return answer.text


def _state(client: TestClient, entry_id: str) -> str:
    return client.app.state.hours_book[1].entry(entry_id).state  # type: ignore[attr-defined]


def test_picked_entries_are_checked(client: TestClient) -> None:
    assert 'name="pick:E1"' in _page(client, "school", "/hours") and "E3" not in _page(client, "school", "/hours")
    answer = _form(client, "school", "/hours", decision="checked", **{"pick:E1": "on", "pick:E3": "on"})
    assert answer.status_code == 303 and "done=1" in answer.headers["location"]
    assert _state(client, "E1") == "checked" and _state(client, "E3") == "claimed"  # not of this school
    assert 'name="pick:E1"' in _page(client, "district", "/hours")


def test_all_that_the_filter_leaves(client: TestClient) -> None:
    for n in range(40):
        fields = {"activity": f"校本教研 {n}", "category": "elective", "hours": "2", "done_on": "2026-05-01", "level": "school"}
        assert _form(client, "teacher", "/teachers/T1/hours", once=f"c{n}", **fields).status_code == 303
    page = _page(client, "school", "/hours?category=elective")
    assert len(re.findall('name="pick:', page)) == 30 and "40" in page
    answer = _form(client, "school", "/hours", decision="refused", reason="没有材料", all="on", category="elective")
    assert "done=40" in answer.headers["location"] and _state(client, "E1") == "claimed"
    assert "没有材料" in _page(client, "teacher", "/teachers/T1/hours")


def test_a_claim_and_its_way_back(client: TestClient) -> None:
    fields = {"activity": "读书会 <b>", "category": "public", "hours": "1.5", "done_on": "2026-05-01", "level": "school",
              "evidence_url": "https://example.org/1"}  # fmt: skip
    assert _form(client, "teacher", "/teachers/T1/hours", **fields).status_code == 303
    page = _page(client, "teacher", "/teachers/T1/hours")
    assert "读书会 &lt;b&gt;" in page and 'value="claim:1"' in page
    assert _form(client, "teacher", "/teachers/T1/hours/withdraw", entry_id="claim:1").status_code == 303
    assert _state(client, "claim:1") == "withdrawn" and 'value="claim:1"' not in _page(client, "teacher", "/teachers/T1/hours")
    assert _form(client, "teacher", "/teachers/T1/hours/withdraw", entry_id="E3").status_code == 404


@pytest.mark.parametrize("decision", ["recognised", "withdrawn", "", "x"])
def test_a_decision_that_is_not_the_schools(client: TestClient, decision: str) -> None:
    assert _form(client, "school", "/hours", decision=decision, all="on").status_code == 400


def test_a_form_without_its_token_is_refused(client: TestClient) -> None:
    assert _form(client, "school", "/hours", decision="checked", all="on", form_token="x").status_code == 403
    assert client.app.state.hour_records.recorded().decisions.empty  # type: ignore[attr-defined]


