"""Whatever is sent to the planner, it is a question or a sentence: no failure, and nothing queued that cannot be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from features.errors import BusyError, StaleError
from recommender.planning.problem.constraint_registry import settings as limit_settings
from recommender.plans.plan_service import PlanService
from recommender.plans.plan_store import PlanStatus, Quota
from recommender.served_version import ServedVersion
from recommender.workspace.workspace import Workspace

HEADERS = {"Authorization": "Bearer district"}
BOUNDED = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = [setting.key for setting in limit_settings()]
BIG = 10**400

ids = st.sampled_from(["T1", "K1", "K2", "S1", "K99", "", "\ud800", "\x00", "x" * 300, "数学"])
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | ids
    | st.sampled_from([BIG, -BIG, 10**18, 0.1, 1, 1e300])
)  # fmt: skip
keys = st.sampled_from(["share", "school", "stage", "name", "course", "teachers", "only", "teacher", "disadvantage_min"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
limits = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), values, max_size=4)
bodies = st.fixed_dictionaries({"district_id": st.just("D1"), "budget": st.just(1000) | scalars, "limits": limits | values})


class NoWorker:
    def start(self) -> None: ...
    def stop(self) -> None: ...


@pytest.fixture(scope="module")
def queue(simulated: Any, tmp_path_factory: pytest.TempPathFactory) -> PlanService:
    """The real queue on disk, without a worker."""
    root = tmp_path_factory.mktemp("queue")
    (root / "tables").mkdir()
    origin = {"made_up": True, "fingerprint": simulated.service().version.tables}
    (root / "tables" / "origin.json").write_text(json.dumps(origin))
    return PlanService(Workspace(root), NoWorker(), Quota(10**9, 10**9))


@pytest.fixture(scope="module")
def desk(simulated: Any, queue: PlanService) -> Iterator[TestClient]:
    with simulated.client(simulated.service(), plans=queue) as client:
        yield client


def _is_question_or_sentence(desk: TestClient, answer: Any) -> None:
    assert answer.status_code in (202, 303, 400, 413, 422), answer.status_code
    if answer.status_code in (202, 303):
        plan_id = answer.headers["location"].rsplit("/", 1)[1]
        for path in (f"/plans/{plan_id}", f"/v1/plans/{plan_id}", f"/plans/{plan_id}?lang=en"):
            assert desk.get(path, headers=HEADERS).status_code == 200
    else:
        text = answer.text if answer.headers["content-type"].startswith("text/html") else answer.json()["detail"]
        assert text


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


@BOUNDED
@given(body=bodies.map(_json) | st.binary(max_size=60))
@example(b'{"district_id":"D1","budget":1,"limits":' + b'{"a":' * 5000 + b"1" + b"}" * 5001)
@example(b'{"district_id":"D1","budget":1,"limits":{"pin":' + b"[" * 5000 + b"]" * 5000 + b"}}")
@example(b'{"district_id":"D1","budget":' + b"1" * 400 + b"}")
@example(b'{"district_id":"D1","budget":' + b"1" * 5000 + b"}")
@example(_json({"district_id": "D1", "budget": 1, "limits": {"max_courses_per_teacher": BIG}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "disadvantage_min": BIG}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "course": []}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "school": []}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "name": "\ud800", "stage": ["primary"]}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "stage": 2}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"floor": [{"share": 0.1, "stage": True, "school": {"a": 1}}]}}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"\ud800": 1}}))
@example(_json({"district_id": "\ud800", "budget": 1}))
@example(_json({"district_id": "D1", "budget": 1, "limits": {"pin": [["T1", "K1"]] * 20_000}}))
def test_any_body_is_a_question_or_a_sentence(desk: TestClient, body: bytes) -> None:
    answer = desk.post("/v1/plans", content=body, headers=HEADERS | {"Content-Type": "application/json"})
    if answer.status_code != 404:  # another district
        _is_question_or_sentence(desk, answer)


toml = st.text(alphabet='pin=[]"TK1.,{}\n#\'-_abc0', max_size=60) | limits.map(
    lambda content: "\n".join(f"{key} = {json.dumps(value)}" for key, value in content.items())
)
names = st.sampled_from(["budget", "more", "max_courses_per_teacher", "floor_percent", "must_open", "forbid", "x"])


@BOUNDED
@given(form=st.dictionaries(names, toml | st.sampled_from(["1", "inf", "nan", "1" * 400, "-0", "1e400", "K1，K2"]), max_size=5))
@example({f"f{i}": "1" for i in range(60)})
@example({"budget": "1", "more": "pin = " + "[" * 3000 + "]" * 3000})
@example({"budget": "1", "more": ".".join("a" * 3000) + " = 1"})
@example({"budget": "1", "more": "max_courses_per_teacher = " + "1" * 400})
@example({"budget": "1", "more": "max_courses_per_teacher = " + "1" * 5000})
@example({"budget": "1", "more": '[[list]]\ncourse = []\nteachers = ["T1"]'})
@example({"budget": "1", "more": '[[floor]]\nname = 2026-01-01\nshare = 0.1\nstage = ["primary"]'})
@example({"budget": "1" * 5000})
@example({"budget": "1", "more": "x" * 70_000})
def test_any_form_is_a_question_or_a_sentence(desk: TestClient, form: dict[str, str]) -> None:
    body = urlencode(form, errors="replace").encode()
    headers = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.post("/districts/D1/plans", content=body, headers=headers, follow_redirects=False)
    _is_question_or_sentence(desk, answer)


@pytest.mark.parametrize("body", [b"budget=1&more=%ED%A0%80", b"budget=%ff", b"\xff", b"&" * 50_000, b"=" * 100, b"%" * 100])
def test_forms_that_are_no_text_are_refused(desk: TestClient, body: bytes) -> None:
    headers = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.post("/districts/D1/plans", content=body, headers=headers, follow_redirects=False)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("origin", ["null", "http://[::1", "https://elsewhere.example", "", "testserver", "file://"])
def test_a_form_whose_origin_is_not_ours_is_refused(desk: TestClient, origin: str) -> None:
    answer = desk.post("/districts/D1/plans", data={"budget": "1"}, headers=HEADERS | {"Origin": origin})
    assert answer.status_code == 403


def _refusing(simulated: Any, error: Exception) -> TestClient:
    """A client of a service whose queue raises an error."""
    plans = simulated.plans()

    def ask(*question: object) -> str:
        raise error

    plans.ask = ask
    client: TestClient = simulated.client(simulated.service(), plans=plans)
    return client


def test_a_full_queue_says_when_to_try_again_in_both_languages(simulated: Any) -> None:
    with _refusing(simulated, BusyError("plans.queue_full", 30, n=50)) as client:
        answer = client.post("/v1/plans", json={"district_id": "D1", "budget": 1}, headers=HEADERS)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        assert answer.headers["content-type"] == "application/problem+json" and "50" in answer.json()["detail"]
        for lang, words in (("zh", "已经满了"), ("en", "try again later")):
            page = client.post(f"/districts/D1/plans?lang={lang}", data={"budget": "77"}, headers=HEADERS)
            assert (page.status_code, page.headers["retry-after"]) == (429, "30")
            assert words in page.text and 'value="77"' in page.text


def test_changed_data_are_a_conflict_and_not_another_answer(simulated: Any) -> None:
    with _refusing(simulated, StaleError("plans.stale_server")) as client:
        answer = client.post("/v1/plans", json={"district_id": "D1", "budget": 1}, headers=HEADERS)
        assert answer.status_code == 409 and "重新启动" in answer.json()["detail"]
        page = client.post("/districts/D1/plans?lang=en", data={"budget": "77"}, headers=HEADERS)
        assert page.status_code == 409 and "restarted" in page.text


WORDS = {
    "damaged": "文件已损坏", "expired": "超时", "stale": "数据已更新", "stopped": "已停止", "interrupted": "中断",
    "failed": "没有算成",
}  # fmt: skip


@pytest.mark.parametrize("state", WORDS)
def test_every_end_of_a_question_has_its_words(state: str, plans: Any, client: TestClient) -> None:
    plans.states["P0000000000dd"] = state
    assert WORDS[state] in client.get("/districts/D1", headers=HEADERS).text
    for lang in ("zh", "en"):
        assert client.get(f"/plans/P0000000000dd?lang={lang}", headers=HEADERS).status_code == 200
    assert client.get("/v1/plans/P0000000000dd", headers=HEADERS).json()["state"] == state
    answer = client.get("/v1/plans/P0000000000dd/workbook", headers=HEADERS)
    assert answer.status_code == (409 if state == "damaged" else 404)


def test_answers_name_what_they_come_from(client: TestClient, service: Any) -> None:
    version = {"tables": service.version.tables, "as_of": "2026-06-30", "model_version": service.version.model_version}
    for role, path in (
        ("teacher", "/v1/teachers/T1/needs"), ("teacher", "/v1/teachers/T1/recommendations"),
        ("school", "/v1/teachers/T1/recommendations"), ("school", "/v1/schools/S1/needs"),
        ("school", "/v1/schools/S1/recommendations"), ("teacher", "/v1/courses"), ("district", "/v1/plans/P0000000000aa"),
    ):  # fmt: skip
        answer = client.get(path, headers={"Authorization": f"Bearer {role}"}).json()
        assert answer["version"] == version, path
    for role, path in (("teacher", "/teachers/T1"), ("school", "/schools/S1"), ("district", "/plans/P0000000000aa")):
        page = client.get(path, headers={"Authorization": f"Bearer {role}"}).text
        assert all(str(part)[:12] in page for part in version.values()), path
    current = client.get("/v1/models/current", headers={"Authorization": "Bearer admin"}).json()
    assert current["version"] == service.version.model_version and current["newer_tables"] is False
    service.version = ServedVersion("other", date(2026, 1, 1), "2026-01-01-00000000")
    current = client.get("/v1/models/current", headers={"Authorization": "Bearer admin"}).json()
    assert current["version"] == "2026-01-01-00000000" and not current["current"] and current["newer_tables"]


def test_the_queue_of_this_test_is_on_disk(queue: PlanService) -> None:
    """What the tests above asked can all be listed."""
    statuses = queue.of_district("D1")
    assert statuses and all(isinstance(status, PlanStatus) and status.state == "queued" for status in statuses)
