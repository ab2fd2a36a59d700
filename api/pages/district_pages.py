"""The district's pages: a budget and limits in, a plan and its prices out; all of it without scripts."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.auth import VisitorDep
from api.deps import PlansDep, ServiceDep, answer, language
from api.pages.page_words import Words
from api.pages.plan_view import PlanView
from api.pages.render import link, page
from api.plan_requests import PlanRequest, ask, refuse

router = APIRouter(include_in_schema=False)

NUMBERS = ("max_courses_per_teacher", "max_hours_per_teacher", "release_days_per_teacher")
PERCENTS = {"floor_percent": "floor_share_per_school", "lottery_percent": "lottery_share"}
IDS = ("must_open", "forbid")
FIELDS = ("budget", *NUMBERS, *PERCENTS, *IDS, "more")
REFRESH = 4  # seconds
PlanId = Annotated[str, Path(max_length=40)]


@router.get("/districts/{district_id}")
def district_page(
    request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep, plans: PlansDep
) -> Response:
    """The form and the plans so far."""
    return _form_page(request, district_id, service, plans, {}, None)


@router.post("/districts/{district_id}/plans")
async def make_plan(
    request: Request, district_id: str, visitor: VisitorDep, service: ServiceDep, plans: PlansDep
) -> Response:
    """What the form sends; then on to the plan's own page. With a mistake, the form again, as it was filled."""
    _from_here(request)
    given = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=40)
    filled = {name: given.get(name, [""])[0].strip() for name in FIELDS}
    try:
        plan_id = ask(visitor, service, plans, _asked(district_id, filled))
    except RequestValidationError as wrong:
        said = "; ".join(str(fault["msg"]) for fault in wrong.errors())
        return _form_page(request, district_id, service, plans, filled, said, 422)
    return RedirectResponse(link(f"/plans/{plan_id}", language(request)), 303, {"Cache-Control": "no-store"})


@router.get("/plans/{plan_id}")
def plan_page(request: Request, plan_id: PlanId, visitor: VisitorDep, service: ServiceDep, plans: PlansDep) -> Response:
    """A plan, or how far it is."""
    status = plans.status(plan_id, tables=True)
    t = Words(language(request))
    html = page(
        request,
        "plan.html",
        status=status,
        name=service.name_of(status.district_id),
        view=PlanView.of(status, t) if status.summary is not None else None,
        refresh=REFRESH if status.state in ("queued", "running") else None,
        filled=_filled(status.budget, status.limits),
        fault=None,
    )
    return answer(request, html)


@router.post("/plans/{plan_id}/stop")
def stop_plan(request: Request, plan_id: PlanId, visitor: VisitorDep, plans: PlansDep) -> Response:
    """Take the best plan so far."""
    _from_here(request)
    plans.stop(plan_id)
    return RedirectResponse(link(f"/plans/{plan_id}", language(request)), 303, {"Cache-Control": "no-store"})


def _form_page(
    request: Request, district_id: str, service: Any, plans: Any, filled: dict[str, str], fault: str | None,
    status: int = 200,
) -> Response:  # fmt: skip
    t = Words(language(request))
    previous = [(plan, _when(plan.asked, t)) for plan in plans.of_district(district_id)]
    html = page(
        request, "district.html", district_id=district_id, name=service.name_of(district_id), plans=previous,
        filled={name: filled.get(name, "") for name in FIELDS}, fault=fault,
    )  # fmt: skip
    return answer(request, html, status)


def _from_here(request: Request) -> None:
    """Forms of other sites are refused; the session cookie would not come with them either."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site") == "cross-site" or (
        origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get("host")
    ):
        raise HTTPException(403)


def _asked(district_id: str, filled: dict[str, str]) -> PlanRequest:
    """The question of a form. Raises RequestValidationError naming the field."""
    limits: dict[str, Any] = {}
    for name in NUMBERS:
        if filled[name]:
            value = _number(name, filled[name])
            limits[name] = int(value) if name == NUMBERS[0] and value.is_integer() else value
    for name, key in PERCENTS.items():
        if filled[name]:
            limits[key] = _number(name, filled[name].rstrip("%％")) / 100
    for name in IDS:
        ids = [
            part for part in filled[name].replace("，", ",").replace("、", ",").replace(";", ",").split(",")
        ]
        if found := [part.strip() for part in ids if part.strip()]:
            limits[name] = found
    if filled["more"]:
        try:
            limits |= tomllib.loads(filled["more"].replace("\r\n", "\n"))
        except tomllib.TOMLDecodeError as wrong:
            raise refuse("more", f"limits: not TOML ({wrong})") from wrong
    try:
        return PlanRequest(district_id=district_id, budget=_number("budget", filled["budget"]), limits=limits)
    except ValidationError as wrong:
        raise refuse("budget", "; ".join(fault["msg"] for fault in wrong.errors())) from wrong


def _number(name: str, text: str) -> float:
    try:
        return float(text.replace(",", "").replace("，", "").replace(" ", ""))
    except ValueError as wrong:
        raise refuse(name, f"{name} = {text!r}: not a number / 请填数字") from wrong


def _filled(budget: float, limits: dict[str, Any]) -> dict[str, str]:
    """A plan's question as its form would be filled."""
    told = {name: "" for name in FIELDS} | {"budget": f"{budget:.0f}"}
    rest = dict(limits)
    for name in NUMBERS:
        if name in rest:
            told[name] = f"{rest.pop(name):g}"
    for name, key in PERCENTS.items():
        if key in rest:
            told[name] = f"{100 * rest.pop(key):g}"
    for name in IDS:
        if all(isinstance(item, str) for item in rest.get(name, ())):
            told[name] = ", ".join(rest.pop(name, ()))
    told["more"] = "\n".join(_toml(key, value) for key, value in rest.items())
    return told


def _toml(key: str, value: Any) -> str:
    """One key as TOML; tables of tables as [[key]]."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return "\n".join(f"[[{key}]]\n" + "\n".join(_toml(k, v) for k, v in item.items()) for item in value)
    return f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"{value:g}"


def _when(asked: str, t: Words) -> str:
    """The day a question was asked."""
    try:
        return t.day(datetime.fromisoformat(asked).date())
    except ValueError:
        return t("pages.site_not_recorded")
