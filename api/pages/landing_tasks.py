"""What needs doing and where things are, for each role, from the plans, the tables and the model that are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request

from api.deps import AdviceReader, ModelRegistry, objections_of, plans_of
from api.hours_access import hours_book, teachers_in_scope
from api.pages.page_words import Words
from features.errors import RecommenderError, UnavailableError, UnknownIdError
from recommender.hours.hour_duty import WAITS
from recommender.objections.deadline import is_overdue
from recommender.objections.duty import ANSWERERS, in_duty
from recommender.text.formats import number
from recommender.tokens import Claims

OPEN_STATES: Final = ("queued", "running")


@dataclass(frozen=True)
class Task:
    """A sentence, and the address where it is done; `href` is empty where it is done at the server's machine."""

    text: str
    action: str = ""
    href: str = ""


def tasks(request: Request, visitor: Claims, t: Words) -> tuple[Task, ...]:
    """What waits for this visitor; empty where nothing does."""
    service: AdviceReader | None = request.app.state.service
    if service is None:
        loading = request.app.state.loading != "failed"
        return (Task(t("landing.loading" if loading else "landing.not_loaded")),)
    expired = (Task(t.text(service.age.expiry)),) if service.age.expired else ()
    first = (*expired, *_of_objections(request, service, visitor, t), *_of_hours(request, service, visitor, t))
    if visitor.role == "district":
        return (*first, *_of_districts(request, service, sorted(visitor.scope), t))
    if visitor.role == "school":
        return (*first, *_of_schools(request, service, sorted(visitor.scope), t))
    if visitor.role in ("admin", "researcher"):
        return (*first, *_of_models(request, service, visitor, t))
    return ()


def _of_objections(request: Request, service: AdviceReader, visitor: Claims, t: Words) -> Iterator[Task]:
    """How many wait for the visitor's answer, and how many of them too long."""
    if visitor.role not in ANSWERERS:
        return
    records = objections_of(request)
    try:
        waiting = [one for one in records.in_state("open") if in_duty(visitor, one, service)]
    except UnavailableError:  # the rest of the page can still be read
        yield Task(t("objections.no_records"))
        return
    late = sum(is_overdue(one.at, records.now()) for one in waiting)
    if waiting:
        text = t("objections.waiting_overdue" if late else "objections.waiting", n=len(waiting), late=late)
        yield Task(text, t("objections.answer_link"), "/objections")


def _of_hours(request: Request, service: AdviceReader, visitor: Claims, t: Words) -> Iterator[Task]:
    """How many entries of hours wait for a school; a district's are counted on their own page, where it takes a moment."""
    if visitor.role != "school":
        return
    book = hours_book(request)
    try:
        waiting = len(book.entries_of(teachers_in_scope(visitor, service, book), WAITS[visitor.role]))
    except UnavailableError:  # the rest of the page can still be read
        return
    if waiting:
        yield Task(t("hours.waiting", n=waiting), t("hours.to_desk"), "/hours")


def _of_districts(request: Request, service: AdviceReader, districts: list[str], t: Words) -> Iterator[Task]:
    plans = plans_of(request)
    current = plans.tables()
    for district in districts:
        try:
            name = service.name_of(district)
        except UnknownIdError:
            yield Task(t("landing.unknown_organization", id=district))
            continue
        page = f"/districts/{quote(district, safe='')}"
        mine = plans.of_district(district)
        adopted = [plan for plan in mine if plan.adoption]
        usable = [plan for plan in mine if plan.state == "done" and plan.summary and plan.summary.status != "infeasible"]
        waiting = [plan for plan in usable if not plan.adoption]
        working = [plan for plan in mine if plan.state in OPEN_STATES]
        if working:
            yield Task(t("landing.plans_working", name=name, n=len(working)), t("landing.look"), f"/plans/{working[0].plan_id}")
        if waiting and not adopted:
            yield Task(t("landing.plans_to_decide", name=name, n=len(waiting)), t("landing.decide"), page)
        if not mine:
            yield Task(t("landing.no_plan", name=name), t("landing.make_plan"), page)
        for plan in adopted:
            if plan.version is not None and plan.version.tables != current:
                text = t("landing.plan_of_older_data", name=name, budget=number(plan.budget))
                yield Task(text, t("landing.look"), f"/plans/{plan.plan_id}")


def _of_schools(request: Request, service: AdviceReader, schools: list[str], t: Words) -> Iterator[Task]:
    plans = plans_of(request)
    for school in schools:
        try:
            name = service.name_of(school)
            adopted = plans.adopted_seats(school, (school, *service.ancestors(school)))
        except UnknownIdError:
            yield Task(t("landing.unknown_organization", id=school))
            continue
        seats = sum(plan.seats for plan in adopted)
        page = f"/schools/{quote(school, safe='')}"
        if seats:
            yield Task(t("landing.seats", name=name, n=seats), t("landing.see_seats"), page)
        yield Task(t("landing.proposals", name=name), t("landing.see_proposals"), page)


def _of_models(request: Request, service: AdviceReader, visitor: Claims, t: Words) -> Iterator[Task]:
    """The data and the model that answer, beside those that are the newest."""
    registry: ModelRegistry = request.app.state.registry
    try:
        newer, promoted = plans_of(request).tables() != service.version.tables, registry.current()
    except RecommenderError as error:
        yield Task(t("landing.damaged", why=t.text(error.message)))
        return
    serving, admin = service.version.model_version, visitor.role == "admin"
    if newer:
        yield Task(t("landing.newer_tables_admin" if admin else "landing.newer_tables"))
    if promoted is not None and promoted != serving:
        yield Task(t("landing.newer_model_admin" if admin else "landing.newer_model", promoted=promoted, serving=serving))
