"""Answers 503 at once while too many requests wait: an answer that its reader no longer waits for is work for nobody."""

from __future__ import annotations

from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem
from features.messages import message
from recommender.text.catalogues import in_both

MOST_WAITING: Final = 100  # requests; at 10 to 20 ms each, the last one waits one to two seconds
RETRY: Final = 2  # seconds
WITHOUT_THREAD: Final = ("/healthz", "/readyz", "/metrics")


class LoadShedding:
    """ASGI middleware. Counts requests that wait for a thread, so that bodies which come slowly keep nobody out.

    `/healthz`, `/readyz` and `/metrics` need no thread and are always answered.
    """

    most_waiting = MOST_WAITING

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._overloaded() and not scope["path"].endswith(WITHOUT_THREAD):
            text = in_both(message("pages.problem_busy_detail"))
            answer = problem(Request(scope), 503, {"Retry-After": str(RETRY), "Connection": "close"}, reason=text)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _overloaded(self) -> bool:
        return to_thread.current_default_thread_limiter().statistics().tasks_waiting >= self.most_waiting
