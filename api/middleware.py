"""Two small ASGI layers around everything: a limit on what comes in, security headers on what goes out."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http_layer import HttpLayer, NotingSend
from api.problems import problem

LARGEST_BODY = 1_000_000
"""Bytes."""

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # without any referrer a browser sends its own forms as Origin: null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SMALLEST_COMPRESSED = 1000  # bytes
COMPRESSION = 3  # level of gzip: it is done on the event loop

PLAIN = [(name.lower().encode(), value.encode()) for name, value in SECURITY.items()]
"""As they are sent; SECURE: over https."""
SECURE = [*PLAIN, (b"strict-transport-security", b"max-age=31536000")]


class SecurityHeaders(HttpLayer):
    """Adds the headers to every answer, errors included."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                raw = message["headers"] = list(message.get("headers", ()))
                names = {name for name, _ in raw}
                raw.extend(header for header in (SECURE if scope["scheme"] == "https" else PLAIN) if header[0] not in names)
            await send(message)

        await self.app(scope, receive, adding)


class _TooLarge(Exception):
    """The body went over the limit while it was read."""


class BodyLimit(HttpLayer):
    """Answers 413 to a body over the limit, by its announced length or while it streams in."""

    def __init__(self, app: ASGIApp, limit: int = LARGEST_BODY, larger: Mapping[str, int] | None = None) -> None:
        """larger: address -> its own limit."""
        super().__init__(app)
        self.limit = limit
        self.larger = larger or {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self.larger.get(scope["path"], self.limit)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > limit:
            await _refuse(scope, receive, send)
            return
        taken, noting = 0, NotingSend(send)

        async def counting() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _TooLarge
            return message

        try:
            await self.app(scope, counting, noting)
        except _TooLarge:
            if noting.status is not None:
                raise
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await problem(Request(scope), 413, {"Connection": "close"})(scope, receive, send)
