"""The start page, signing out, and the description of the data interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import COOKIE, GRANTS, OPEN, take_token, visitor_if_any
from api.deps import AdviceReader, ModelRegistry, SignInDep, answer, language
from api.pages.landing_tasks import tasks
from api.pages.page_words import Words
from api.pages.render import link, page
from features.errors import RecommenderError, UnknownIdError
from recommender.tokens import ROLES, Claims

router = APIRouter(include_in_schema=False)


@router.get("/")
def landing(request: Request) -> Response:
    """What this is, and the way on for those who are signed in."""
    take_token(request)
    visitor = visitor_if_any(request)
    request.state.cacheable = visitor is None
    t = Words(language(request))
    service: AdviceReader | None = request.app.state.service
    registry: ModelRegistry = request.app.state.registry
    with_models = visitor is not None and visitor.role in ("researcher", "admin")
    html = page(
        request,
        "landing.html",
        names=_names(request, visitor),
        tasks=tasks(request, visitor, t) if visitor else (),
        districts=_schools(service, visitor) if service and visitor and visitor.role == "district" else (),
        served=service.version if service else None,
        versions=registry.list() if with_models else (),
        promoted=_promoted(registry) if with_models else None,
    )
    return answer(request, html)


def _schools(service: AdviceReader, visitor: Claims) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """Name and schools of each district of a planner; unknown ones are left out."""
    listed = []
    for district in sorted(visitor.scope):
        try:
            listed.append((service.name_of(district), service.schools_of(district)))
        except UnknownIdError:
            continue
    return listed


def _promoted(registry: ModelRegistry) -> str | None:
    """The promoted version; None also where the pointer is damaged, which is one of the tasks then."""
    try:
        return registry.current()
    except RecommenderError:
        return None


def _names(request: Request, visitor: Claims | None) -> dict[str, str]:
    """What a visitor's organizations are called; the ids where they are unknown or nothing is loaded yet."""
    service = request.app.state.service
    names = {}
    for org_id in visitor.scope if visitor else ():
        try:
            names[org_id] = service.name_of(org_id) if service else org_id
        except UnknownIdError:
            names[org_id] = org_id
    return names


@router.get("/sign-out")
def sign_out(request: Request, service: SignInDep) -> Response:
    """Forget the session in this browser, and at the office's provider where it offers that."""
    address = service.sign_out_address() or link("/", request)
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE)
    return response


@router.get("/docs")
def interface(request: Request) -> Response:
    """The description of every address, from the program itself and without scripts."""
    visitor_if_any(request)
    described: dict[str, Any] = request.app.openapi()
    parts = described["components"]["schemas"]
    rows = []
    every = [(path, how, what) for path, item in described["paths"].items() for how, what in item.items()]
    for path, how, what in every:
        good = next(status for status in what["responses"] if status.startswith("2"))
        schema = what["responses"][good].get("content", {}).get("application/json", {}).get("schema", {})
        schemas = [schema, *schema.get("anyOf", [])]
        names = [ref["$ref"].rsplit("/", 1)[1] for ref in schemas if "$ref" in ref]
        rows.append(
            {
                "path": path,
                "method": how.upper(),
                "summary": what["summary"],
                "text": what.get("description", ""),
                "parameters": [
                    (p["name"], p["in"], p.get("required", False)) for p in what.get("parameters", [])
                ],
                "roles": [] if path in OPEN else [role for role in ROLES if role in GRANTS[path].roles],
                "answers": [(name, list(parts[name]["properties"])) for name in names],
            }
        )
    return answer(request, page(request, "interface.html", rows=rows))
