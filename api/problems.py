"""Every error as RFC 9457 problem, or as a page for browsers; nothing of the inside leaves the house."""

from __future__ import annotations

import secrets
import traceback
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import language
from api.pages.render import page
from api.schemas import FaultOut, ProblemOut
from features.errors import UnknownIdError, UsageError

WORDS: dict[int, tuple[str, str, str, str]] = {
    400: ("请求有误", "Bad request", "请检查地址和参数。", "Check the address and its parameters."),
    401: (
        "请先登录", "Please sign in",
        "请使用单位发给您的登录链接，或附上有效的令牌。",
        "Use the sign-in link your office gave you, or send a valid token.",
    ),
    403: (
        "没有权限", "Not allowed",
        "您的角色不能查看这一类内容。", "Your role may not open this kind of content.",
    ),
    404: (
        "没有找到", "Not found",
        "没有这项内容，或不在您的范围内。", "There is no such thing here, or it is not within your scope.",
    ),
    405: ("不支持这种操作", "Method not allowed", "这个地址只能读取。", "This address can only be read."),
    413: ("内容过大", "Content too large", "请求不能超过 1 MB。", "A request may hold at most 1 MB."),
    422: (
        "参数不对", "Parameters not understood",
        "请按下面各项修改后再试。", "Mend what is listed and try again.",
    ),
    500: (
        "出错了", "Something went wrong",
        "我们已记下这次错误。请稍后再试，或把编号告诉管理员。",
        "The error was recorded. Try again later, or give the reference to your administrator.",
    ),
    503: (
        "正在准备", "Not ready yet",
        "推荐内容正在载入，请稍候再试。", "The advice is being loaded; try again shortly.",
    ),
}  # fmt: skip
"""Status -> title and detail, zh and en."""


def wants_page(request: Request) -> bool:
    """A browser that asks for HTML outside of /v1."""
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get("accept", "")


def problem(
    request: Request, status: int, headers: dict[str, str] | None = None, faults: tuple[FaultOut, ...] = ()
) -> Response:
    """The answer for one error, in the reader's language with the other beside it."""
    phrase = HTTPStatus(status).phrase
    zh, en, detail_zh, detail_en = WORDS.get(status, (phrase, phrase, "", ""))
    request.state.reference = reference = secrets.token_hex(4).upper()
    chinese = language(request) == "zh"
    body = ProblemOut(
        title=zh if chinese else en,
        status=status,
        detail=detail_zh if chinese else detail_en,
        instance=request.url.path,
        title_zh=zh,
        title_en=en,
        reference=reference,
        errors=faults,
    )
    sent = {
        **(headers or {}),
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Language, Authorization, Cookie",
    }
    if wants_page(request):
        html = page(request, "error.html", problem=body, details=(detail_zh, detail_en))
        return Response(html, status, sent, media_type="text/html; charset=utf-8")
    return Response(body.model_dump_json(), status, sent, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Map what may be raised to answers; everything else is a 500 that says only its reference."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(request, error.status_code, dict(error.headers or {}))

    async def misread(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = tuple(
            FaultOut(parameter=".".join(str(part) for part in fault["loc"][1:]), expected=fault["msg"])
            for fault in error.errors()
        )
        return problem(request, 422, faults=faults)

    async def unknown(request: Request, error: Exception) -> Response:
        return problem(request, 404)

    async def misused(request: Request, error: Exception) -> Response:
        return problem(request, 422)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, misread)
    app.add_exception_handler(UnknownIdError, unknown)
    app.add_exception_handler(UsageError, misused)


class LastResort:
    """ASGI middleware: a failure is answered with a reference, and logged by kind and place.

    Its message may hold a name or a score. So it goes no further up, where the server would print it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            request = Request(scope)
            answer = problem(request, 500)
            frames = traceback.extract_tb(error.__traceback__)[-3:]
            scope["app"].state.log.error(
                "request_failed",
                route=str(getattr(scope.get("route"), "path", "unmatched")),
                reference=request.state.reference,
                kind=type(error).__name__,
                place=[f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
            )
            if not begun:
                await answer(scope, receive, send)
