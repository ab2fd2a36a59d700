"""Versions of the model."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


def test_models_name_the_promoted_one(client: TestClient, sign: Sign) -> None:
    body = client.get("/v1/models", headers=sign("admin")).json()
    assert [model["current"] for model in body["models"]] == [False, True]
    assert client.get("/v1/models/current", headers=sign("admin")).json()["version"] == body["current"]
