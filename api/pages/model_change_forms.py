"""Forms that change the promoted version: propose, confirm, withdraw; without scripts."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import RedirectResponse

from api.auth import VisitorDep
from api.form_guard import ONCE, checked_form
from api.model_requests import changes_of, note_change, request_change
from api.pages.render import link
from api.pages.retry_page import answered_or_retry
from api.request_bodies import FormBody
from features.errors import StaleError
from recommender.records.model_change_records import OPEN_DAYS, Kind
from recommender.records.record_store import Author
from recommender.tokens import Claims

router = APIRouter(prefix="/models", include_in_schema=False)

MAX_NUMBER: Final = 18  # digits


@router.post("/changes")
def change(request: Request, visitor: VisitorDep, body: FormBody) -> Response:
    """Records what a button says and goes back to the list."""
    form = checked_form(request, body)
    action, key = form.get("action"), f"{form.get(ONCE, '')}-{form.get('action', '')}"

    def write() -> Response:
        if action == "propose":
            return _back(request, _proposed(request, visitor, key, form))
        proposal = form.get("proposal", "")
        if action not in ("confirm", "withdraw") or not (proposal.isdecimal() and len(proposal) <= MAX_NUMBER):
            raise HTTPException(400)
        return _back(request, _settled(request, visitor, key, action, int(proposal)))

    return answered_or_retry(request, form, write)


def _proposed(request: Request, visitor: Claims, key: str, form: dict[str, str]) -> str:
    kinds: dict[str | None, Kind] = {"promote": "promote", "rollback": "rollback"}
    kind, version, reason = kinds.get(form.get("kind")), form.get("version"), form.get("reason", "").strip()
    if kind is None or (kind == "promote") != bool(version) or not reason:
        raise HTTPException(400)
    return request_change(request, visitor, key, kind, version or None, reason).state


def _settled(request: Request, visitor: Claims, key: str, action: str, proposal_id: int) -> str:
    changes, author = changes_of(request), Author(visitor.subject, visitor.role)
    for proposal in changes.open_proposals():
        if proposal.change_id == proposal_id:
            break
    else:
        raise StaleError("registry.not_open", days=OPEN_DAYS)
    note_change(request, visitor, proposal.version)
    if action == "withdraw":
        changes.withdraw(author, key, proposal_id)
        return "withdrawn"
    changes.confirm(author, key, proposal_id)
    return "promoted"


def _back(request: Request, after: str) -> Response:
    return RedirectResponse(link("/models", request, after=after), 303, {"Cache-Control": "no-store"})
