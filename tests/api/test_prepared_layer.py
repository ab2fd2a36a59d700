"""The short way to a teacher's own prepared list: the same answer, line and count as the long way, or none at all."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from api.prepared_layer import ROUTE, PreparedAnswers
from api.routes import teacher_routes
from features.errors import UnavailableError
from recommender.records.record_store import RecordStore
from recommender.records.record_tables import AUDIT

PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def long_way(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The teachers whose list the service's route was asked for."""
    asked_for: list[str] = []
    answer = teacher_routes.answer

    def noting(request: Any, *arguments: Any) -> Any:
        asked_for.append(request.path_params["teacher_id"])
        return answer(request, *arguments)

    monkeypatch.setattr(teacher_routes, "answer", noting)
    return asked_for


@pytest.fixture
def ask(prepared: Any, city: Any) -> Any:
    """ask(teacher, headers=, path=): her own list; once before, so that the lists are open."""
    def get(teacher: str, headers: dict[str, str] | None = None, suffix: str = "", method: str = "GET") -> Any:
        prepared.client.cookies.clear()
        own = prepared.bearer("teacher", teacher) if headers is None else headers
        return prepared.client.request(method, f"/v1/teachers/{teacher}/recommendations{suffix}", headers={**PLAIN, **own})

    get(city.teacher)
    return get


def _lines(store: RecordStore) -> list[Any]:
    columns = [column for column in AUDIT.c if column.name not in ("id", "at")]
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(AUDIT.c.id))]


def _others(city: Any) -> list[str]:
    register = city.service._register
    return [str(t) for t in register[register["school_id"] == city.school]["teacher_id"] if str(t) != city.teacher]


@pytest.mark.parametrize("encoding", ["identity", "br, gzip;q=0.5"])
def test_answer_headers_line_and_count_are_those_of_the_long_way(
    encoding: str, prepared: Any, city: Any, ask: Any, long_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    teachers = _others(city)[:5]
    monkeypatch.setitem(PLAIN, "Accept-Encoding", encoding)

    def seen() -> list[Any]:
        before, counted = len(_lines(prepared.records)), _counted(prepared)
        answers = [ask(teacher) for teacher in teachers]
        headers = [{**dict(a.headers), "vary": set(a.headers["vary"].split(", "))} for a in answers]
        assert _counted(prepared) == counted + len(teachers)
        return [[a.status_code for a in answers], [a.content for a in answers], headers, _lines(prepared.records)[before:]]

    short = seen()
    assert long_way == []
    monkeypatch.setattr(PreparedAnswers, "_reads_her_own", lambda *_: None)
    assert seen() == short
    assert long_way == teachers and short[0] == [200] * 5 and len(short[3]) == 5
    assert {headers.get("content-encoding") for headers in short[2]} == ({"gzip"} if "gzip" in encoding else {None})


def _counted(prepared: Any) -> float:
    labels = {"route": ROUTE, "method": "GET", "status": "200"}
    return prepared.state.meter.registry.get_sample_value("recommender_requests_total", labels) or 0.0


@pytest.mark.parametrize("how", ["cookie", "query", "two headers", "body"])
def test_other_ways_to_ask_are_answered_by_the_service(
    how: str, prepared: Any, city: Any, ask: Any, long_way: list[str]
) -> None:
    own = prepared.bearer("teacher", city.teacher)
    token = own["Authorization"].partition(" ")[2]
    path = f"/v1/teachers/{city.teacher}/recommendations"
    plain = ask(city.teacher)
    before = len(_lines(prepared.records))
    prepared.client.cookies.clear()
    if how == "cookie":
        answer = prepared.client.get(path, headers={**PLAIN, "Cookie": f"recommender_session={token}"})
    elif how == "two headers":
        answer = prepared.client.get(path, headers=[*PLAIN.items(), *own.items(), *own.items()])
    elif how == "body":
        answer = prepared.client.request("GET", path, headers={**PLAIN, **own}, content=b"{}")
    else:
        answer = prepared.client.get(path + "?top=10", headers={**own, **PLAIN})
    assert answer.status_code == 200 and answer.content == plain.content
    assert long_way == [city.teacher] and len(_lines(prepared.records)) == before + 1


@pytest.mark.parametrize(
    ("who", "status"),
    [(("school", "head"), 200), (("district", "d"), 403), (("admin", "a"), 403), (("teacher", "another"), 404), ((), 401)],
)
def test_others_are_judged_by_the_service(who: tuple[str, ...], status: int, prepared: Any, city: Any, ask: Any) -> None:
    if who == ("teacher", "another"):
        who = ("teacher", _others(city)[0])
    headers = prepared.bearer(*who, city.service.school_of(city.teacher)) if who else {"Authorization": "Bearer x"}
    before = len(_lines(prepared.records))
    assert ask(city.teacher, headers).status_code == status
    lines = _lines(prepared.records)[before:]
    assert [line[-1] for line in lines] == ([] if status == 401 else [status == 200])


def test_unknown_teachers_and_other_methods_too(prepared: Any, ask: Any, city: Any) -> None:
    before = len(_lines(prepared.records))
    assert ask("nobody").status_code == 404
    assert [line[-1] for line in _lines(prepared.records)[before:]] == [False]
    assert ask(city.teacher, method="POST").status_code == 405


def test_a_list_that_her_choices_change_is_computed_and_leaves_one_line(
    prepared: Any, city: Any, ask: Any, long_way: list[str]
) -> None:
    teacher = _others(city)[0]
    first = ask(teacher).json()["recommendations"][0]["course_id"]
    for number, (action, there, way) in enumerate((("dismiss", False, [teacher]), ("undo", True, []), ("intend", True, []))):
        prepared.client.post(
            "/v1/feedback", headers={**prepared.bearer("teacher", teacher), "Idempotency-Key": f"short-{number}"},
            json={"teacher_id": teacher, "course_id": first, "action": action},
        ).raise_for_status()  # fmt: skip
        before = len(_lines(prepared.records))
        long_way.clear()
        courses = [place["course_id"] for place in ask(teacher).json()["recommendations"]]
        assert (first in courses) is there and long_way == way
        assert len(_lines(prepared.records)) == before + 1


def test_nothing_leaves_without_its_line(
    prepared: Any, city: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise UnavailableError("records.full")

    monkeypatch.setattr(RecordStore, "append", full)
    answer = ask(city.teacher)
    assert answer.status_code == 503 and "recommendations\":" not in answer.text
    assert "retry-after" in answer.headers


def test_without_open_lists_the_service_answers(
    prepared: Any, city: Any, ask: Any, long_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(prepared.state.service), "lists_are_open", lambda *_: False)
    assert ask(city.teacher).status_code == 200
    assert long_way == [city.teacher]
