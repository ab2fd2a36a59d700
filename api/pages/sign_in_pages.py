"""Sign-in: to the office's provider and back, and links that sign a browser in once."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import COOKIE, visitor_if_any
from api.cookies import https_only
from api.deps import SignInDep, answer
from api.form_guard import check_origin
from api.pages.render import link, page
from recommender.sign_in.oidc_client import ProviderUnavailableError, SignInError
from recommender.tokens import LONGEST


def limited(request: Request) -> None:
    """Raises BusyError for an address that tries too often."""
    request.app.state.sign_ins.take(request.client.host if request.client else "")


router = APIRouter(include_in_schema=False, dependencies=[Depends(limited)])

KEPT: Final = "recommender_sign_in"
PATH: Final = "/sign-in"


@router.get("/sign-in")
def sign_in(request: Request, service: SignInDep, then: str = "") -> Response:
    """To the provider; without one to the start page, which says how to enter."""
    if not service.with_provider:
        return RedirectResponse(link("/", request), 303, {"Cache-Control": "no-store"})
    try:
        url, kept = service.begin(_own_page(then))
    except SignInError as error:
        return _refused(request, error)
    response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    secure = service.secure or https_only(request)
    response.set_cookie(KEPT, kept, max_age=600, path=PATH, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/sign-in/callback")
def callback(
    request: Request,
    service: SignInDep,
    code: str = "",
    state: str = "",
    error: str = "",
    error_description: str = "",
    iss: str = "",
    session_state: str = "",
) -> Response:
    """Back from the provider: a session, or a page that says why not and what to do.

    `error_description` and `session_state` are what providers add; nothing is done with them.
    """
    try:
        if error or not code:
            raise SignInError("sign_in.provider_refused")
        token, then = service.finish(request.cookies.get(KEPT, ""), code, state, iss or None)
    except SignInError as problem:
        request.app.state.log.warning("sign_in_refused", reason=str(getattr(problem.message, "code", "")))
        return _refused(request, problem)
    return _signed_in(request, token, then, service.secure)


@router.get("/sign-in/link")
def show_link(request: Request, service: SignInDep, code: str) -> Response:
    """Whom the link signs in, and a button: programs that only look at links do not use it up."""
    visitor_if_any(request)
    request.state.cacheable = False
    claims = service.read_link(code)
    html = page(request, "sign_in_link.html", code=code, claims=claims)
    return answer(request, html, 200 if claims is not None else 401)


@router.post("/sign-in/link")
def use_link(request: Request, service: SignInDep, code: Annotated[str, Form(max_length=LONGEST)]) -> Response:
    """The session of a link that nobody has used yet."""
    check_origin(request)
    opened = service.use_link(code)
    if opened is None:
        request.state.cacheable = False
        return answer(request, page(request, "sign_in_link.html", code=code, claims=None), 401)
    return _signed_in(request, *opened, service.secure)


def _signed_in(request: Request, token: str, then: str, secure: bool) -> Response:
    response = RedirectResponse(then, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, token, httponly=True, samesite="lax", secure=secure or https_only(request)
    )
    response.delete_cookie(KEPT, path=PATH)
    return response


def _refused(request: Request, error: SignInError) -> Response:
    request.state.cacheable = False
    visitor_if_any(request)
    html = page(request, "sign_in_refused.html", reason=error.message)
    response = answer(request, html, 503 if isinstance(error, ProviderUnavailableError) else 401)
    response.delete_cookie(KEPT, path=PATH)
    return response


def _own_page(then: str) -> str:
    """A path of this service, else nothing: a sign-in leads to no other site."""
    return then if then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable() else ""
