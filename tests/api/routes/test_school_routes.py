"""Needs of groups by the threshold of the reader."""

from __future__ import annotations

from collections.abc import Callable

from starlette.testclient import TestClient

Sign = Callable[[str], dict[str, str]]


def _groups(client: TestClient, headers: dict[str, str]) -> tuple[dict[str, bool], bool]:
    body = client.get("/v1/schools/S1/needs", headers=headers).json()
    hidden = {group["label"]: group["hidden"] for group in body["departments"]}
    for group in body["departments"]:
        assert (group["need"] is None) == (group["members"] is None) == group["hidden"]
    return hidden, all(group["need"] is None for group in body["school"])


def test_small_groups_are_hidden_at_five_for_the_school_and_ten_for_the_district(
    client: TestClient, sign: Sign
) -> None:
    departments, school = _groups(client, sign("school"))
    assert departments == {"数学": False, "语文": False, "音乐": True, "美术": True}
    assert not school
    departments, school = _groups(client, sign("district"))
    assert departments == {"数学": False, "语文": True, "音乐": True, "美术": True}
    assert not school
