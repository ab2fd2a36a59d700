"""Versions of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from models.bundles.registry import Registry

Sign = Callable[[str], dict[str, str]]


def test_models_name_the_promoted_one(client: TestClient, sign: Sign) -> None:
    body = client.get("/v1/models", headers=sign("admin")).json()
    assert [model["current"] for model in body["models"]] == [False, True]
    assert client.get("/v1/models/current", headers=sign("admin")).json()["version"] == body["current"]


EARLIER, PROMOTED = "2026-01-01-00000000", "2026-06-30-0a1b2c3d"


def test_one_proposes_another_promotes_and_a_third_time_changes_nothing(client: TestClient, sign: Sign, simulated: Any) -> None:
    path = f"/v1/models/{EARLIER}/promote"
    first = client.post(path, headers=sign("researcher"), json={"reason": "steadier"})
    assert (first.status_code, first.json()["state"], first.json()["proposed_by"]) == (202, "proposed", "scholar")
    again = client.post(path, headers=sign("researcher"))
    assert again.status_code == 202 and again.json()["proposal"] == first.json()["proposal"]
    assert client.get("/v1/models", headers=sign("admin")).json()["current"] == PROMOTED
    second = client.post(path, headers=sign("admin"))
    assert (second.status_code, second.json()["state"], second.json()["proposal"]) == (200, "promoted", None)
    assert client.get("/v1/models", headers=sign("admin")).json()["current"] == EARLIER
    assert client.post(path, headers=sign("researcher")).status_code == 200
    promotion = client.app.state.changes.promotions()[EARLIER]  # type: ignore[attr-defined]
    assert (promotion.proposed_by, promotion.by, promotion.reason) == ("scholar", "keeper", "steadier")
    lines = [line for line in simulated.audit_lines(client) if line["purpose"] == "model change"]
    assert {(line["actor"], line["unit_kind"], line["unit_id"]) for line in lines} == {
        ("scholar", "model", EARLIER), ("keeper", "model", EARLIER)
    }  # fmt: skip


def test_one_person_is_enough_where_the_settings_say_so(client: TestClient, sign: Sign) -> None:
    client.app.state.second_person = False  # type: ignore[attr-defined]
    answer = client.post(f"/v1/models/{EARLIER}/promote", headers=sign("admin"))
    assert (answer.status_code, answer.json()["state"]) == (200, "promoted")


def test_what_was_proposed_for_another_promoted_version_is_refused(client: TestClient, sign: Sign) -> None:
    path = f"/v1/models/{EARLIER}/promote"
    assert client.post(path, headers=sign("researcher")).status_code == 202
    registry = client.app.state.registry  # type: ignore[attr-defined]
    folder = registry._registry.directory
    third = "2026-02-01-11111111"
    (folder / third).mkdir()
    (folder / third / "manifest.json").write_text("{}")
    Registry(folder).promote(third)
    answer = client.post(path, headers=sign("admin"))
    assert answer.status_code == 409 and registry.current() == third


def test_going_back_takes_two_people_and_happens_once(client: TestClient, sign: Sign) -> None:
    changes, registry = client.app.state.changes, client.app.state.registry  # type: ignore[attr-defined]
    for role in ("researcher", "admin"):
        client.post(f"/v1/models/{EARLIER}/promote", headers=sign(role))
    assert registry.current() == EARLIER
    path = f"/v1/models/{PROMOTED}/rollback"
    (third := registry._registry.directory / "2026-02-01-11111111").mkdir()
    (third / "manifest.json").write_text("{}")
    assert client.post(f"/v1/models/{third.name}/rollback", headers=sign("admin")).status_code == 409, "another one is before"
    assert client.post("/v1/models/2020-01-01-00000000/rollback", headers=sign("admin")).status_code == 404
    first = client.post(path, headers=sign("admin"), json={"reason": "complaints"})
    assert (first.status_code, first.json()["proposed_by"]) == (202, "keeper")
    assert client.post(path, headers=sign("admin")).status_code == 202 and registry.current() == EARLIER
    second = client.post(path, headers=sign("researcher"))
    assert (second.status_code, second.json()["state"]) == (200, "promoted") and registry.current() == PROMOTED
    assert client.post(path, headers=sign("researcher")).status_code == 200 and registry.current() == PROMOTED
    assert changes.promotions()[PROMOTED].reason == "complaints"
