"""A teacher contests: the form, her objections with their answers, and taking one back; without scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from api.auth import VisitorDep
from api.deps import AdviceReader, ObjectionsDep, ServiceDep, answer, language, objection_of
from api.form_guard import ONCE, checked_form, form_token, once
from api.pages.objection_words import ObjectionShown, contested_shown, objection_shown, words_for
from api.pages.page_words import Words
from api.pages.render import link, page
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from api.routes.objection_routes import contested, effects_of
from api.schemas.objection_schemas import CourseIn, NeedIn, RowIn
from features.documents import DocumentError, parse_json
from features.errors import UnknownIdError
from features.row_identity import Cell, key_of
from recommender.objections.contested_rows import find_row
from recommender.records.objection_records import Objection, ObjectionRecords
from recommender.records.record_store import Author
from recommender.records.record_tables import LONGEST_REASON

router = APIRouter(prefix="/teachers", include_in_schema=False)

Done = Literal["contested", "withdrawn"] | None
Text = Annotated[str, Query(max_length=2000)]
ABOUT: TypeAdapter[RowIn | NeedIn | CourseIn] = TypeAdapter(RowIn | NeedIn | CourseIn)


@router.get("/{teacher_id:id}/objections")
def objections_page(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep, after: Done = None
) -> Response:
    """Her objections: how each stands, by when it is answered, and what it changes. after: what she has just done."""
    t, now = Words(language(request)), request.app.state.records.now()
    mine = records.of_teacher(teacher_id)
    effects = effects_of(mine, service, teacher_id)
    shown = [objection_shown(one, service, now, t, effects[one.objection_id]) for one in mine]
    html = page(
        request, "objections.html", teacher_id=teacher_id, objections=shown,
        after=t(f"objections.after_{after}") if after else "", form_token=form_token(request),
        once=once, where=_where(request, teacher_id),
    )  # fmt: skip
    return answer(request, html)


@router.get("/{teacher_id:id}/contest")
def contest_page(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep,
    table: Text = "", key: Text = "", need: Text = "", course: Text = "",
) -> Response:  # fmt: skip
    """The form for one row, need or course; what is open or upheld already is said in its place."""
    return _form(request, teacher_id, service, records, {"table": table, "key": key, "need": need, "course": course})


@router.post("/{teacher_id:id}/contest")
def contest(
    request: Request, teacher_id: str, visitor: VisitorDep, service: ServiceDep, records: ObjectionsDep, body: FormBody
) -> Response:
    """Records the objection and goes to her list."""
    form = checked_form(request, body)
    about, text = _about(form), form.get("text", "").replace("\r\n", "\n").strip()
    if not 0 < len(text) <= LONGEST_REASON or "\0" in text:
        return _form(request, teacher_id, service, records, form, text[: 4 * LONGEST_REASON])
    what = contested(service, teacher_id, about)
    author = Author(visitor.subject, visitor.role)

    def write() -> Response:
        records.contest(author, f"{form.get(ONCE, '')}-contest", teacher_id, what, text)
        return _back(request, teacher_id, "contested")

    return answered_or_retry(request, form, write)


@router.post("/{teacher_id:id}/objections/withdraw")
def withdraw(request: Request, teacher_id: str, visitor: VisitorDep, records: ObjectionsDep, body: FormBody) -> Response:
    """Takes one of hers back and goes to her list."""
    form = checked_form(request, body)
    objection = objection_of(request, form.get("objection_id", ""))
    if objection.teacher_id != teacher_id:
        raise UnknownIdError("objections.unknown", objection_id=objection.objection_id)

    def write() -> Response:
        author = Author(visitor.subject, visitor.role)
        records.withdraw(author, f"{form.get(ONCE, '')}-withdraw", objection.objection_id)
        return _back(request, teacher_id, "withdrawn")

    return answered_or_retry(request, form, write)


@dataclass(frozen=True)
class ContestedRows:
    """What of her rows and needs is contested, or was upheld, by kind, table or competency, and key as JSON."""

    standing: Mapping[tuple[str, str, str], ObjectionShown]

    @classmethod
    def of(
        cls, objections: tuple[Objection, ...], service: AdviceReader, teacher_id: str, t: Words, now: datetime
    ) -> ContestedRows:
        """Of her objections those that are open, upheld, or still without effect."""
        effects = effects_of(objections, service, teacher_id)
        shown = [objection_shown(one, service, now, t, effects[one.objection_id]) for one in reversed(objections)]
        return cls({
            (one.objection.about.kind, one.objection.about.subject, one.objection.about.key_text): one
            for one in shown if one.objection.state == "open" or one.effect
        })  # fmt: skip

    def row(self, table: str, row: Mapping[str, Cell]) -> ObjectionShown | None:
        """The objection to a row."""
        return self.standing.get(("row", table, _key(table, row)))

    def query(self, table: str, row: Mapping[str, Cell]) -> dict[str, str]:
        """The query of the form's address for a row."""
        return {"table": table, "key": _key(table, row)}

    def need(self, competency_id: str) -> ObjectionShown | None:
        """The objection to the estimate of a competency."""
        return self.standing.get(("need", competency_id, ""))

    @property
    def withheld(self) -> tuple[ObjectionShown, ...]:
        """Needs that are not estimated."""
        needs = [one for key, one in self.standing.items() if key[0] == "need"]
        return tuple(one for one in needs if one.effect_code == "in_effect")


def _key(table: str, row: Mapping[str, Cell]) -> str:
    return json.dumps(key_of(table, row), ensure_ascii=False, sort_keys=True)


def _form(
    request: Request, teacher_id: str, service: AdviceReader, records: ObjectionRecords, fields: Mapping[str, str],
    mistaken: str | None = None,
) -> Response:  # fmt: skip
    """mistaken: what she wrote, where it cannot be recorded."""
    t, now = Words(language(request)), request.app.state.records.now()
    about = contested(service, teacher_id, _about(fields))
    same = [
        one for one in records.of_teacher(teacher_id)
        if one.state in ("open", "upheld")
        and (one.about.kind, one.about.subject, one.about.key_text) == (about.kind, about.subject, about.key_text)
    ]  # fmt: skip
    row = find_row(service.personal_data(teacher_id), about.subject, about.row_key or {}) if about.kind == "row" else None
    effects = effects_of(tuple(same), service, teacher_id)
    html = page(
        request, "contest.html", teacher_id=teacher_id, about=contested_shown(about, service, t, row),
        register=words_for(about) == "register",
        same=[objection_shown(one, service, now, t, effects[one.objection_id]) for one in same],
        fields=sorted((name, fields[name]) for name in ("table", "key", "need", "course") if fields.get(name)),
        text=mistaken or "", mistaken=mistaken is not None, longest=LONGEST_REASON, form_token=form_token(request), once=once,
        where=_where(request, teacher_id),
    )  # fmt: skip
    return answer(request, html, 200 if mistaken is None else 422)


def _about(fields: Mapping[str, str]) -> RowIn | NeedIn | CourseIn:
    """What the fields of an address or form name. Raises HTTPException 400."""
    content: dict[str, Any] = {name: fields[name] for name in ("table", "need", "course") if fields.get(name)}
    try:
        if fields.get("key"):
            content["key"] = parse_json(fields["key"].encode())
        return ABOUT.validate_python(content)
    except (DocumentError, ValidationError) as error:
        raise HTTPException(400) from error


def _where(request: Request, teacher_id: str) -> str:
    return link(f"/teachers/{quote(teacher_id)}", request).partition("?")[0]


def _back(request: Request, teacher_id: str, after: str) -> Response:
    path = link(f"/teachers/{quote(teacher_id)}/objections", request, after=after)
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})
