"""No answer about a person leaves before its audit lines are on disk; where one cannot be written, none leaves."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from fastapi import Request
from starlette.types import Message, Receive, Scope, Send

from api.auth import AUDIT_LINES
from api.http_layer import HttpLayer
from api.problems import problem
from features.errors import UnavailableError
from recommender.event_log import place_of
from recommender.text.catalogues import in_both


class AuditBarrier(HttpLayer):
    """ASGI middleware that holds an answer back until its lines are written."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def send_after_line(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                waiting: list[Future[None]] = scope.get("state", {}).pop(AUDIT_LINES, [])
                if waiting:
                    try:
                        for line in waiting:
                            await asyncio.wrap_future(line)
                    except Exception as error:
                        refused = True
                        scope["app"].state.log.error(
                            "audit_not_written", kind=type(error).__name__, place=place_of(error)
                        )
                        reason = in_both(error.message) if isinstance(error, UnavailableError) else None
                        retry = {"Retry-After": str(UnavailableError.retry_after)}
                        await problem(Request(scope), 503, retry, reason=reason)(scope, receive, send)
            if not refused:
                await send(message)

        await self.app(scope, receive, send_after_line)
