"""Who may read what: one table, checked on every request, closed for whatever is not listed.

A role that may never use an address gets 403. A role that may use it, for an object that is not
its own, gets the same 404 as for an object nobody knows: an answer never tells whether an id exists.

This is also the one place where reads of people are audited: no address is answered without its line in `GRANTS`, and
one that is about a person cannot be listed without a purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.exceptions import HTTPException

from api.deps import advice_service, objection_of, plans_of
from api.form_guard import READS, check_origin
from api.hours_access import entry_of, owns_entry
from api.ids import address
from features.errors import UnknownIdError
from recommender.objections.duty import ANSWERERS, in_duty
from recommender.tokens import ROLES, Claims, Role

COOKIE = "recommender_session"
AUDIT_LINES = "audit_lines"
"""Of `request.state`: futures of the lines that are being written while the route is at work (`api/audit_barrier.py`)."""


ADMITTED = "admitted"
"""Of `request.state`: the visitor, once the request was granted and its audit line handed over."""

Unit = Literal["teacher", "school", "district", "organization", "plan", "objection", "entry", "none"]


IN_MEMORY: frozenset[Unit] = frozenset({"teacher", "school", "district", "organization", "none"})
"""Whose these are is known without a look at a disk or database."""


@dataclass(frozen=True)
class Grant:
    """Whom one address serves; `unit` is what its path names, `body` what a body names, which the route checks; a read of a
    `person`, or of names, is audited.

    Raises ValueError for an address about a person without a purpose.
    """

    roles: frozenset[Role]
    unit: Unit = "none"
    person: bool = False
    purpose: str = ""
    cacheable: bool = False
    body: Unit = "none"

    def __post_init__(self) -> None:
        if self.person and not self.purpose:
            raise ValueError("a read of a person needs a purpose")


def _to(
    *roles: Role, unit: Unit = "none", purpose: str = "", names: bool = False, cacheable: bool = False,
    body: Unit = "none",
) -> Grant:  # fmt: skip
    return Grant(frozenset(roles), unit, unit in ("teacher", "objection", "entry") or names, purpose, cacheable, body)


HOURS: tuple[Role, ...] = ("teacher", "school", "district")
NOBODY = Grant(frozenset())


OPEN = frozenset(
    {
        "/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/static",
        "/sign-in", "/sign-in/callback", "/sign-in/link", "/sign-out", "/privacy",
    }
)  # fmt: skip
"""Addresses without sign-in: they hold nothing about a person, a school or a course."""

GRANTS: dict[str, Grant] = {
    "/v1/teachers/{teacher_id}/recommendations": _to(
        "teacher", "school", unit="teacher", purpose="training proposal"
    ),
    "/v1/teachers/{teacher_id}/needs": _to("teacher", unit="teacher", purpose="own needs"),
    "/v1/teachers/{teacher_id}/data": _to("teacher", unit="teacher", purpose="all own data"),
    "/v1/teachers/{teacher_id}/personalisation": _to("teacher", unit="teacher", purpose="own switch"),
    "/v1/teachers/{teacher_id}/self-assessment-items": _to("teacher", unit="teacher", purpose="own self-assessment"),
    "/v1/teachers/{teacher_id}/self-assessments": _to("teacher", unit="teacher", purpose="own self-assessment"),
    "/v1/teachers/{teacher_id}/self-assessments/delete": _to("teacher", unit="teacher", purpose="own self-assessment"),
    "/v1/teachers/{teacher_id}/growth": _to("teacher", unit="teacher", purpose="own growth"),
    "/v1/teachers/{teacher_id}/objections": _to("teacher", unit="teacher", purpose="own objections"),
    "/v1/objections": _to(*ANSWERERS, purpose="objections to answer", names=True),  # theirs: recommender/objections/duty.py
    "/v1/objections/{objection_id}": _to(*ANSWERERS, unit="objection", purpose="objections to answer"),
    "/v1/objections/{objection_id}/answer": _to(*ANSWERERS, unit="objection", purpose="objection answered"),
    "/v1/objections/{objection_id}/withdraw": _to("teacher", unit="objection", purpose="own objections"),
    "/v1/hours/entries": _to(*HOURS, purpose="hours", names=True),  # whose: recommender/hours/hour_duty.py
    "/v1/hours/entries/{entry_id}/decisions": _to("school", "district", unit="entry", purpose="hours decided"),
    "/v1/hours/entries/{entry_id}/withdraw": _to("teacher", unit="entry", purpose="own hours"),
    "/v1/organizations/{organization_id}/hours": _to(
        "school", "district", unit="organization", purpose="hours", names=True
    ),
    "/v1/feedback": _to("teacher", body="teacher"),  # whose it is stands in the body: api/routes/feedback_routes.py
    "/v1/schools/{school_id}/recommendations": _to("school", unit="school"),
    "/v1/schools/{school_id}/needs": _to("school", "district", unit="school"),
    "/v1/organizations/{district_id}/coverage": _to("district", unit="district"),
    "/v1/courses": _to(*ROLES, cacheable=True),
    "/v1/courses/{course_id}": _to(*ROLES, cacheable=True),
    "/v1/plans": _to("district", body="district"),  # whose district it is stands in the body: api/plan_requests.py
    "/v1/plans/{plan_id}": _to("district", unit="plan"),
    "/v1/plans/{plan_id}/workbook": _to("district", unit="plan", purpose="plan with names", names=True),
    "/v1/plans/{plan_id}/adopt": _to("district", unit="plan", purpose="plan adopted", names=True),
    "/v1/plans/{plan_id}/withdraw": _to("district", unit="plan", purpose="plan withdrawn", names=True),
    "/v1/models": _to("admin"),
    "/v1/models/current": _to("admin"),
    "/v1/models/{version}/promote": _to("researcher", "admin"),
    "/v1/models/{version}/rollback": _to("researcher", "admin"),
    "/teachers/{teacher_id}": _to("teacher", unit="teacher", purpose="own advice page"),
    "/teachers/{teacher_id}/held": _to("teacher", unit="teacher", purpose="own record page"),
    "/teachers/{teacher_id}/self-assessment": _to("teacher", unit="teacher", purpose="own self-assessment"),
    "/teachers/{teacher_id}/growth": _to("teacher", unit="teacher", purpose="own growth"),
    "/teachers/{teacher_id}/feedback": _to("teacher", unit="teacher", purpose="own feedback"),
    "/teachers/{teacher_id}/personalisation": _to("teacher", unit="teacher", purpose="own switch"),
    "/teachers/{teacher_id}/objections": _to("teacher", unit="teacher", purpose="own objections"),
    "/teachers/{teacher_id}/objections/withdraw": _to("teacher", unit="teacher", purpose="own objections"),
    "/teachers/{teacher_id}/contest": _to("teacher", unit="teacher", purpose="own objections"),
    "/teachers/{teacher_id}/hours": _to("teacher", unit="teacher", purpose="own hours"),
    "/teachers/{teacher_id}/hours/withdraw": _to("teacher", unit="teacher", purpose="own hours"),
    "/hours": _to("school", "district", purpose="hours", names=True),
    "/organizations/{organization_id}/hours": _to("school", "district", unit="organization", purpose="hours", names=True),
    "/objections": _to(*ANSWERERS, purpose="objections to answer", names=True),
    "/objections/{objection_id}": _to(*ANSWERERS, unit="objection", purpose="objections to answer"),
    "/schools/{school_id}": _to("school", "district", unit="school"),
    "/districts/{district_id}": _to("district", unit="district"),
    "/districts/{district_id}/coverage": _to("district", unit="district"),
    "/districts/{district_id}/plans": _to("district", unit="district"),
    "/plans/{plan_id}": _to("district", unit="plan"),
    "/plans/{plan_id}/stop": _to("district", unit="plan"),
    "/plans/{plan_id}/adopt": _to("district", unit="plan", purpose="plan adopted", names=True),
    "/plans/{plan_id}/withdraw": _to("district", unit="plan", purpose="plan withdrawn", names=True),
    "/models": _to("researcher", "admin"),
    "/models/diagnosis": _to("researcher", "admin"),
    "/models/changes": _to("researcher", "admin"),
    "/models/{version}": _to("researcher", "admin"),
    "/data": _to("admin"),
    "/data/uploads": _to("admin"),
    "/data/uploads/{upload_id}": _to("admin", purpose="files checked for import", names=True),
    "/data/uploads/{upload_id}/columns": _to("admin"),
    "/data/uploads/{upload_id}/confirm": _to("admin", purpose="files imported", names=True),
    "/data/uploads/{upload_id}/discard": _to("admin"),
    "/data/uploads/{upload_id}/problems.xlsx": _to("admin", purpose="rows with problems", names=True),
    "/data/undo": _to("admin", purpose="import undone", names=True),
    "/courses": _to(*ROLES, cacheable=True),
    "/courses/{course_id}": _to(*ROLES, cacheable=True),
}


def visitor_if_any(request: Request) -> Claims | None:
    """The visitor of a bearer header, else of the session cookie; None where neither holds.

    A header that is there and wrong is never rescued by a cookie. Pages read the visitor from the request.
    """
    read: Callable[[str], Claims | None] = request.app.state.read_token
    header = request.headers.get("authorization")
    if header is not None:
        kind, _, token = header.partition(" ")
        visitor = read(token.strip()) if kind.lower() == "bearer" else None
        request.state.session = header
    else:
        cookie = request.cookies.get(COOKIE, "")
        visitor = read(cookie) if cookie else None
        request.state.session = cookie
    request.state.visitor = visitor
    return visitor


def _owns(visitor: Claims, unit: str, unit_id: str, request: Request) -> bool:
    """Whether the object is hers, her school's or in her district; raises UnknownIdError for unknown ids."""
    service = advice_service(request)
    if unit == "objection":
        objection = objection_of(request, unit_id)
        if visitor.role == "teacher":
            return visitor.subject == objection.teacher_id
        return in_duty(visitor, objection, service)
    if unit == "entry":
        return owns_entry(visitor, unit_id, request)
    if unit == "organization" and visitor.role == "district":
        return bool(visitor.scope & {unit_id, *service.ancestors(unit_id)})
    if unit == "plan":
        unit_id = plans_of(request).status(unit_id).district_id
    if unit in ("plan", "district"):
        return visitor.role == "district" and bool(visitor.scope & {unit_id, *service.ancestors(unit_id)})
    if unit == "teacher":
        school = service.school_of(unit_id)
        if visitor.role == "teacher":
            return visitor.subject == unit_id
        return visitor.role == "school" and school in visitor.scope
    above = frozenset(service.ancestors(unit_id))
    if visitor.role == "school":
        return unit_id in visitor.scope
    return visitor.role == "district" and bool(above & visitor.scope)


class SignedIn(Exception):
    """A page was asked for with a good token: keep it in a cookie and go to the clean address."""

    def __init__(self, token: str, clean: str) -> None:
        super().__init__("signed in")
        self.token = token
        self.clean = clean


def take_token(request: Request) -> None:
    """Exchange `?token=` on a page; a token that does not hold is left to `admit`, which refuses it."""
    token = request.query_params.get("token")
    if token is None:
        return
    if request.app.state.read_token(token) is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
    raise SignedIn(token, address(request) + (f"?{urlencode(query)}" if query else ""))


async def admit(request: Request) -> Claims:
    """The visitor, when address and object are granted; else 401, 403 or 404; 429 for one who writes too often. A request
    is looked at once.

    A coroutine: what it reads is in memory, but for plans and objections. Every read of a person leaves an audit line,
    and so does every refused one. Answers about anything but the catalogue are for no cache.
    """
    admitted: Claims | None = getattr(request.state, ADMITTED, None)
    if admitted is not None:
        return admitted
    if not request.url.path.startswith("/v1"):
        take_token(request)
    visitor = visitor_if_any(request)
    if visitor is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    if request.method not in READS and "authorization" not in request.headers:
        check_origin(request)  # a browser sends its cookie along with the forms of other sites, too
    if request.method not in READS:
        request.app.state.writes.take(visitor.subject)
    path: str = request.scope["route"].path_format
    grant = GRANTS.get(path, NOBODY)
    request.state.cacheable = grant.cacheable
    judge = (visitor, grant, request)
    refused, unit = _judged(*judge) if grant.unit in IN_MEMORY else await to_thread.run_sync(_judged, *judge)
    if grant.person:
        audit_read(request, visitor, *unit, grant.purpose, refused is None)
    if refused is not None:
        raise HTTPException(refused)
    setattr(request.state, ADMITTED, visitor)
    return visitor


def audit_read(
    request: Request, visitor: Claims, unit_kind: str, unit_id: str, purpose: str, granted: bool = True
) -> None:
    """Hands over an audit line; the answer waits until it is on disk. For addresses that are about several people, too."""
    line = request.app.state.audit(visitor, request.scope["route"].path_format, unit_kind, unit_id, purpose, granted)
    setattr(request.state, AUDIT_LINES, [*getattr(request.state, AUDIT_LINES, ()), line])


def _judged(visitor: Claims, grant: Grant, request: Request) -> tuple[int | None, tuple[str, str]]:
    """The status of a refusal, and whom the audit line is about."""
    return _refusal(visitor, grant, request), _audited(grant, request)


def _refusal(visitor: Claims, grant: Grant, request: Request) -> int | None:
    """403 for the role, 404 for the object, None where both are granted."""
    if visitor.role not in grant.roles:
        return 403
    if grant.unit == "none":
        return None
    try:
        return None if _owns(visitor, grant.unit, _unit_id(grant, request), request) else 404
    except UnknownIdError:
        return 404


def _unit_id(grant: Grant, request: Request) -> str:
    return "" if grant.unit == "none" else str(request.path_params[f"{grant.unit}_id"])


def _audited(grant: Grant, request: Request) -> tuple[str, str]:
    """Whom a line is about: of an objection or an entry of hours the teacher whose it is."""
    unit_id = _unit_id(grant, request)
    if grant.unit == "entry":
        with suppress(UnknownIdError):
            return "teacher", entry_of(request, unit_id).teacher_id
    if grant.unit == "objection":
        with suppress(UnknownIdError):
            return "teacher", objection_of(request, unit_id).teacher_id
    return grant.unit, unit_id


VisitorDep = Annotated[Claims, Depends(admit)]
