"""Pages of model versions: what is promoted and what answers, the report's own style sheet, damage in words."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

PROMOTED, EARLIER = "2026-06-30-0a1b2c3d", "2026-01-01-00000000"


def _get(client: TestClient, path: str, role: str = "researcher") -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {role}", "Accept": "text/html"})


def test_the_list_says_which_is_promoted_and_which_answers(client: TestClient) -> None:
    rows = re.findall(r"<tr>.*?</tr>", _get(client, "/models?lang=en").text, re.DOTALL)[1:]
    (first, second) = rows
    assert PROMOTED in first and "promoted" in first and "answers now" in first and "0.520 [0.480, 0.560]" in first
    assert EARLIER in second and "not promoted" in second and "answers now" not in second


def test_the_report_is_styled_by_its_own_sheet_and_nothing_else(client: TestClient) -> None:
    answer = _get(client, "/models/diagnosis")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'self' 'sha256-{digest}'" in policy and "script-src 'none'" in policy
    assert "unsafe" not in policy and "It can be trusted." in answer.text


@pytest.mark.parametrize("content", ["{", '{"tables": "f"}', "[]"])
def test_a_report_that_cannot_be_shown_is_named(client: TestClient, content: str, tmp_path: Any) -> None:
    registry = client.app.state.registry  # type: ignore[attr-defined]
    (registry._scores / "diagnosis.json").write_text(content, "utf-8")
    assert _get(client, "/models/diagnosis").status_code == 503
    assert _get(client, "/models").status_code == 200


def test_a_version_changed_on_disk_is_not_shown(client: TestClient) -> None:
    card = client.app.state.registry._registry.path(EARLIER) / "card.md"  # type: ignore[attr-defined]
    card.write_text("better", "utf-8")
    assert _get(client, f"/models/{EARLIER}").status_code == 503
    assert "do not fit their signature" in _get(client, "/models?lang=en").text


def test_figures_and_pictures_of_one_version(client: TestClient) -> None:
    page = _get(client, f"/models/{EARLIER}?lang=en").text
    assert page.count('<svg class="picture"') == 1 + 2 + 4  # scorers, two calibrations, four ways to divide the city
    assert "+0.020 [+0.000, +0.040]" in page and "−0.100 [−0.120, −0.080]" in page
    assert "+0.000 [-0.028, +0.028]" in page.replace("−", "-") and "neither is shown" in page
    assert "<script" not in page


def _send(client: TestClient, role: str, **fields: str) -> Any:
    token = hashlib.sha256(b"form\0" + f"Bearer {role}".encode()).hexdigest()
    headers = {"Authorization": f"Bearer {role}", "Accept": "text/html"}
    return client.post("/models/changes", headers=headers, data={"form_token": token, **fields}, follow_redirects=False)


def test_two_people_promote_and_roll_back_on_pages(client: TestClient) -> None:
    registry = client.app.state.registry  # type: ignore[attr-defined]
    page = _get(client, f"/models/{EARLIER}?lang=en").text
    assert "Propose to promote" in page and "Propose to promote" not in _get(client, f"/models/{PROMOTED}?lang=en").text
    sent = _send(client, "researcher", action="propose", kind="promote", version=EARLIER, reason="steadier", once="1")
    assert sent.status_code == 303 and sent.headers["location"] == "/models?after=proposed"
    (proposal,) = client.app.state.changes.open_proposals()  # type: ignore[attr-defined]
    own, other = (_get(client, "/models?lang=en", role).text for role in ("researcher", "admin"))
    assert "another researcher or administrator has to confirm" in own and "Confirm and promote" not in own
    assert "Confirm and promote" in other and "Reason: steadier" in other
    number = str(proposal.change_id)
    assert _send(client, "researcher", action="confirm", proposal=number, once="2").status_code == 409
    assert registry.current() == PROMOTED
    assert _send(client, "admin", action="confirm", proposal=number, once="3").headers["location"] == "/models?after=promoted"
    assert registry.history() == (PROMOTED, EARLIER)
    assert "proposed by scholar, confirmed by keeper on" in re.sub("<[^>]+>", "", _get(client, "/models?lang=en").text)
    _send(client, "admin", action="propose", kind="rollback", reason="complaints", once="4")
    (proposal,) = client.app.state.changes.open_proposals()  # type: ignore[attr-defined]
    _send(client, "researcher", action="confirm", proposal=str(proposal.change_id), once="5")
    assert registry.history() == (PROMOTED,)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "propose", "kind": "promote", "version": EARLIER},  # without a reason
        {"action": "propose", "kind": "promote", "reason": "x"}, {"action": "propose", "kind": "other", "reason": "x"},
        {"action": "confirm", "proposal": "1e3"}, {"action": "confirm"}, {"action": "delete", "proposal": "1"}, {},
    ],
)  # fmt: skip
def test_a_form_of_another_shape_is_refused(client: TestClient, fields: dict[str, str]) -> None:
    assert _send(client, "admin", **fields).status_code == 400


def test_a_form_without_the_token_of_our_pages_is_refused(client: TestClient) -> None:
    answer = client.post("/models/changes", headers={"Authorization": "Bearer admin"}, data={"action": "propose"})
    assert answer.status_code == 403
