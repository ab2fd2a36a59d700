"""Every error as an RFC 9457 problem, or as a page for browsers; no internal detail is in either."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.deps import language
from api.http_layer import HttpLayer, NotingSend
from api.ids import address
from api.pages.render import page
from api.schemas.problem_schemas import FaultOut, ProblemOut
from features.errors import BusyError, ReadError, StaleError, UnavailableError, UnknownIdError, UsageError
from features.messages import BilingualText, message
from features.messages import Message as FilledMessage
from recommender.event_log import place_of
from recommender.hours.hour_duty import HoursPartialityError
from recommender.objections.duty import PartialityError
from recommender.records.hour_records import HourStateError
from recommender.records.objection_records import ObjectionStateError
from recommender.records.record_store import KeyReuseError
from recommender.text.catalogues import in_both

NAMES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "sign_in",
    403: "not_allowed",
    404: "not_found",
    405: "method",
    409: "conflict",
    413: "too_large",
    422: "parameters",
    429: "too_many",
    500: "failure",
    503: "loading",
}
"""Status -> the entry of `recommender/text/pages.toml` with title and detail."""


FAULTS: Final[Mapping[str, str]] = {
    "unknown_parameter": "unknown", "repeated_parameter": "repeated",
}  # fmt: skip
LONGEST_FAULT: Final = 500  # characters


def wording(status: int, name: str | None = None) -> tuple[BilingualText, BilingualText]:
    """Title and detail of a status (of the entry `name`); the title of HTTP and no detail for one without words."""
    name = name or NAMES.get(status)
    if name is None:
        phrase = HTTPStatus(status).phrase
        return BilingualText(phrase, phrase), BilingualText("", "")
    code = f"pages.problem_{name}"
    return in_both(message(code)), in_both(message(f"{code}_detail"))


def wants_page(request: Request) -> bool:
    """A browser that asks for HTML outside of /v1."""
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get("accept", "")


def new_reference() -> str:
    """Eight digits by which an administrator finds an error in the log; digits read the same in every language."""
    return f"{secrets.randbelow(10**8):08}"


def problem(
    request: Request,
    status: int,
    headers: dict[str, str] | None = None,
    faults: tuple[FaultOut, ...] = (),
    reason: BilingualText | None = None,
    fault_texts: tuple[BilingualText, ...] = (),
    name: str | None = None,
) -> Response:
    """The answer for one error, in the reader's language with the other beside it. reason: in place of the detail.

    name: of the entry with title and detail, by default that of the status.
    fault_texts: what is wrong with each of `faults`, for people.
    """
    title, detail = wording(status, name)
    detail = reason or detail
    request.state.reference = reference = new_reference()
    chinese = language(request) == "zh"
    body = ProblemOut(
        title=title.zh if chinese else title.en,
        status=status,
        detail=detail.zh if chinese else detail.en,
        instance=address(request),
        title_zh=title.zh,
        title_en=title.en,
        reference=reference,
        errors=faults,
    )
    sent = {
        **(headers or {}),
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language, Authorization, Cookie",
    }
    if wants_page(request):
        listed = [
            (fault.parameter, text.zh if chinese else text.en)
            for fault, text in zip(faults, fault_texts, strict=False)
        ]
        html = page(request, "error.html", problem=body, details=(detail.zh, detail.en), faults=listed)
        return Response(html, status, sent, media_type="text/html; charset=utf-8")
    return Response(body.model_dump_json(), status, sent, media_type="application/problem+json")


def _fault_text(fault: Mapping[str, Any]) -> BilingualText:
    """What is wrong with a parameter, for people; the English of the library stands in the data interface."""
    most = (fault.get("ctx") or {}).get("max_length")
    if fault["type"] == "string_too_long" and most:
        return in_both(message("pages.fault_too_long", n=most))
    return in_both(message(f"pages.fault_{FAULTS.get(str(fault['type']), 'value')}"))


def install(app: FastAPI) -> None:
    """Map what may be raised to answers; everything else is a 500 that says only its reference."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(request, error.status_code, dict(error.headers or {}))

    async def misread(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = tuple(
            FaultOut(
                parameter=".".join(str(part) for part in fault["loc"][1:])[:LONGEST_FAULT],
                expected=str(fault["msg"])[:LONGEST_FAULT],
            )
            for fault in error.errors()
        )
        return problem(request, 422, faults=faults, fault_texts=tuple(_fault_text(fault) for fault in error.errors()))

    async def unknown(request: Request, error: Exception) -> Response:
        return problem(request, 404)

    async def misused(request: Request, error: Exception) -> Response:
        return problem(request, 422)

    async def busy(request: Request, error: Exception) -> Response:
        assert isinstance(error, BusyError)
        return problem(request, 429, {"Retry-After": str(error.retry_after)}, reason=in_both(error.message))

    async def replaced(request: Request, error: Exception) -> Response:
        assert isinstance(error, StaleError)
        return problem(request, 409, reason=in_both(error.message))

    async def unavailable(request: Request, error: Exception) -> Response:
        """Nothing was written: the visitor reads that, and when to try again."""
        assert isinstance(error, UnavailableError)
        code = error.message.code if isinstance(error.message, FilledMessage) else ""
        request.app.state.log.error("records_unavailable", code=code, place=place_of(error))
        return problem(request, 503, {"Retry-After": str(error.retry_after)}, reason=in_both(error.message))

    async def reused(request: Request, error: Exception) -> Response:
        assert isinstance(error, KeyReuseError)
        return problem(request, 422, reason=in_both(error.message))

    async def ended(request: Request, error: Exception) -> Response:
        assert isinstance(error, (ObjectionStateError, HourStateError))
        return problem(request, 409, reason=in_both(error.message))

    async def partial(request: Request, error: Exception) -> Response:
        assert isinstance(error, (PartialityError, HoursPartialityError))
        return problem(request, 403, reason=in_both(error.message))

    async def unreadable(request: Request, error: Exception) -> Response:
        """What is stored is damaged: said to the log, the visitor reads that it is not her doing."""
        request.app.state.log.error("stored_data_damaged", kind=type(error).__name__, place=place_of(error))
        return problem(request, 503, {"Retry-After": "60"}, name="damaged")

    app.add_exception_handler(ReadError, unreadable)
    app.add_exception_handler(BusyError, busy)
    app.add_exception_handler(UnavailableError, unavailable)
    app.add_exception_handler(KeyReuseError, reused)
    for state_error in (ObjectionStateError, HourStateError):
        app.add_exception_handler(state_error, ended)
    for partiality in (PartialityError, HoursPartialityError):
        app.add_exception_handler(partiality, partial)
    app.add_exception_handler(StaleError, replaced)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, misread)
    app.add_exception_handler(UnknownIdError, unknown)
    app.add_exception_handler(UsageError, misused)


class LastResort(HttpLayer):
    """ASGI middleware: a failure is answered with a reference, and logged by kind and place.

    Its message may hold a name or a score. So it goes no further up, where the server would print it.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        noting = NotingSend(send)
        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            request = Request(scope)
            answer = problem(request, 500)
            scope["app"].state.log.error(
                "request_failed",
                route=str(getattr(scope.get("route"), "path", "unmatched")),
                reference=request.state.reference,
                kind=type(error).__name__,
                place=place_of(error),
            )
            if noting.status is None:
                await answer(scope, receive, send)
