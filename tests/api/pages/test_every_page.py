"""Every page of a small city, in its states, in both languages: no fragment of the other language, no raw key or code, no
None, no plural of one. Text of the tables is marked with its own language or stands in `code`."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from recommender.planning.problem.limits import Limits
from recommender.plans.plan_service import PlanService
from recommender.plans.planner import Planner
from recommender.plans.run_plan import PlanQuestion, id_of, run_plan
from recommender.settings import Settings
from recommender.tokens import Claims
from recommender.workspace.workspace import Workspace

CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
WORD: Final = re.compile(r"[A-Za-z]{3,}")
ABBREVIATIONS: Final = {"JSON", "Excel", "API", "HTTP", "TOML", "toml", "limits", "openapi", "json", "Bearer", "Authorization"}
RAW: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b|\b(?:pages|plans|planning|reasons|words)\.[a-z_]+\b|\bNone\b|\bnan\b|\binf\b")
PLURAL_OF_ONE: Final = re.compile(r"(?<![\d.,–−-])\b1 (?!is\b|was\b|has\b|less\b)[a-z]+s\b")
ID: Final = re.compile(
    r"\b[A-Z]{1,4}\d[\w-]*|\b\d{4}-\d\d-\d\d[\w-]*|\bP[0-9a-f]{12}\b|/\S+|\b[0-9A-F]{8}\b"
    r"|\(made up\)|application\+json"
)
SPOKEN: Final = ("alt", "title", "placeholder")  # other attributes repeat text of the page
VOID: Final = {"meta", "link", "input", "br", "img", "hr"}


class _Text(HTMLParser):
    """The words of a page that are in its own language: other languages, code and filled-in fields are left out."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang = lang
        self.stack: list[bool] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        foreign = bool(values.get("lang")) and not str(values["lang"]).startswith(self.lang)
        hidden = foreign or tag in ("code", "textarea", "title") or (self.stack[-1] if self.stack else False)
        if not hidden:
            self.parts += [str(values[name]) for name in SPOKEN if values.get(name)]
        if tag not in VOID:
            self.stack.append(hidden)

    def handle_endtag(self, tag: str) -> None:
        if self.stack:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.stack[-1]:
            self.parts.append(data.strip())


def faults(html: str, lang: str) -> set[str]:
    """What must not be on a page of this language."""
    reader = _Text(lang)
    reader.feed(html.partition("<html")[1] + html.partition("<html")[2])
    wrong = set()
    for part in reader.parts:
        bare = ID.sub(" ", part)
        wrong |= {f"raw {m}: {part}" for m in RAW.findall(bare)}
        if lang == "en":
            wrong |= {f"Chinese: {part}"} if CHINESE.search(bare) else set()
            wrong |= {f"plural: {m.group()} in {part}" for m in PLURAL_OF_ONE.finditer(bare)}
        else:
            words = set(WORD.findall(bare)) - ABBREVIATIONS
            wrong |= {f"English {sorted(words)}: {part}"} if words else set()
    return wrong


class _NoWorker:
    def start(self) -> None:
        return None

    def stop(self) -> None:
        return None


@pytest.fixture(scope="module")
def walked(city: Any) -> Iterator[Any]:
    """A client for every role, and plans in the states they can be in."""
    settings = Settings(workspace=city.workspace, signing_key=city.key)
    planner = Planner(Workspace(city.workspace), settings)
    questions = {
        "done": PlanQuestion(city.district, 90_000.0, Limits(max_courses_per_teacher=2, lottery_share=0.1), draws=2),
        "infeasible": PlanQuestion(city.district, 100.0, Limits(floor_share_per_school=0.5, max_courses_per_teacher=1)),
        "small": PlanQuestion(city.district, 300.0, Limits(), draws=1),
    }
    ids = {name: id_of(planner, question) for name, question in questions.items()}
    for question in questions.values():
        run_plan(planner, question)
    plans = PlanService(Workspace(city.workspace), _NoWorker())
    ids["queued"] = plans.ask(city.district, 55_555.0, Limits(), city.service.version, "planner")
    schools = sorted(city.service._school)
    from datetime import UTC, datetime

    later = datetime(2030, 1, 1, tzinfo=UTC)

    def visitor(token: str) -> Claims | None:
        role, _, subject = token.partition(":")
        scope = {"school": frozenset({subject}), "district": frozenset({city.district})}.get(role, frozenset())
        return Claims(subject or "someone", role, scope, later)  # type: ignore[arg-type]

    registry = planner.workspace.registry()
    app = create_app(lambda: city.service, visitor, registry, io.StringIO(), plans)
    with TestClient(app) as client:
        until = time.monotonic() + 20
        while client.get("/readyz").status_code != 200 and time.monotonic() < until:
            time.sleep(0.01)
        yield SimpleNamespace(client=client, plans=ids, schools=schools, city=city)


def _faults(walked: Any, path: str, token: str, status: int = 200, **form: str) -> set[str]:
    wrong = set()
    for lang in ("zh", "en"):
        address = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
        answer = walked.client.post(address, data=form, headers=headers) if form else walked.client.get(address, headers=headers)
        assert answer.status_code == status, (path, answer.status_code)
        wrong |= {f"{lang} {path} {fault}" for fault in faults(answer.text, lang)}
    return wrong


def test_pages_of_everybody(walked: Any) -> None:
    teacher = f"teacher:{walked.city.teacher}"
    course = walked.city.service.courses().courses[0].course_id
    paths = ["/", "/docs", "/courses", "/courses?q=zzz", "/courses?stage=primary", f"/courses/{course}"]
    wrong = {fault for path in paths for fault in _faults(walked, path, teacher)}
    wrong |= _faults(walked, "/courses/none", teacher, 404) | _faults(walked, "/schools/none", teacher, 403)
    wrong |= _faults(walked, "/courses?odd=1", teacher, 422)
    assert not wrong, "\n".join(sorted(wrong))


def test_pages_of_schools(walked: Any) -> None:
    wrong = {fault for school in walked.schools for fault in _faults(walked, f"/schools/{school}", f"school:{school}")}
    wrong |= {fault for school in walked.schools[:2] for fault in _faults(walked, f"/schools/{school}", "district:planner")}
    assert not wrong, "\n".join(sorted(wrong))


def test_pages_of_plans(walked: Any) -> None:
    token, district = "district:planner", walked.city.district
    wrong = _faults(walked, f"/districts/{district}", token)
    for plan in walked.plans.values():
        wrong |= _faults(walked, f"/plans/{plan}", token)
    form = f"/districts/{district}/plans"
    wrong |= _faults(walked, form, token, 422, budget="much")
    wrong |= _faults(walked, form, token, 422, budget="-3")
    wrong |= _faults(walked, form, token, 422, budget="9000", more="pin = [")
    wrong |= _faults(walked, form, token, 422, budget="9000", more="unheard = 3")
    wrong |= _faults(walked, form, token, 422, budget="9000", max_courses_per_teacher="1.5")
    assert not wrong, "\n".join(sorted(wrong))


def test_pages_of_teachers(walked: Any) -> None:
    service = walked.city.service
    of_status: dict[str, str] = {}
    for teacher in service._teacher:
        of_status.setdefault(service.teacher_advice(teacher, 1).status, teacher)
    wrong = set()
    for teacher in {*of_status.values(), walked.city.teacher}:
        for path in (f"/teachers/{teacher}", f"/teachers/{teacher}/held"):
            wrong |= _faults(walked, path, f"teacher:{teacher}")
    assert not wrong, "\n".join(sorted(wrong))


def test_the_walk_notices_what_it_looks_for() -> None:
    page = '<html lang="en"><p>{}</p></html>'
    for text in ("课程", "pages.no_such", "floor_share_per_school", "None", "nan", "1 points"):
        assert faults(page.format(text), "en"), text
    assert faults('<html lang="zh-CN"><p>中文 English</p></html>', "zh")
    assert not faults(page.format('<span lang="zh-CN">课程</span> 21 points, 1 point, <code>snake_case</code>'), "en")
