"""A teacher who asks for her own list, prepared and not changed since, is answered before any other part of the service.

Taking the request apart, the layers around every route and a thread to wait for cost three times the rest of such an answer
(decision 1320). Whatever is not this one case (another address, another role, a query, a cookie, an unknown token, a list that
has to be computed, a client that wants it compressed) goes on to the service as if this layer were not there. Who may read is
the line of `api.auth.GRANTS`, the audit line is the same one, and so is the answer: tests compare both byte by byte.

What she decided since is read by the thread that writes the audit line, in the same transaction; the answer is put together
meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from starlette.datastructures import State
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth import ADMITTED, AUDIT_LINES, GRANTS
from api.deps import AdviceReader
from api.http_layer import HttpLayer
from api.middleware import PLAIN, SECURE
from api.prepared_answer import prepared_answer
from api.telemetry import Meter
from features.errors import RecommenderError
from recommender.records.feedback_records import choices_in
from recommender.tokens import Claims

ROUTE: Final = "/v1/teachers/{teacher_id}/recommendations"
PATH: Final = compile_path("/v1/teachers/{teacher_id:id}/recommendations")[0]
TOP: Final = 10  # courses of a list, where an address does not say how many
HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept-Language, Authorization, Cookie, Accept-Encoding"),
    (b"content-type", b"application/json"),
]


class PreparedAnswers(HttpLayer):
    """ASGI middleware around all others."""

    def __init__(self, app: ASGIApp, state: State, meter: Meter) -> None:
        """state: of the service."""
        super().__init__(app)
        self._state, self._meter = state, meter

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        visitor = self._reads_her_own(scope)
        content = None if visitor is None else await self._content(scope, visitor)
        if content is None:
            await self.app(scope, receive, send)
            return
        security = SECURE if scope["scheme"] == "https" else PLAIN
        headers = [*HEADERS, (b"content-length", b"%d" % len(content)), *security]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})
        self._meter.note(ROUTE, "GET", "200", time.perf_counter() - start)

    def _reads_her_own(self, scope: Scope) -> Claims | None:
        """The teacher whose list is asked for, when she asks herself and with a header; None for anything else."""
        if scope["method"] != "GET" or scope["query_string"] or scope.get("root_path"):
            return None
        path = PATH.match(scope["path"])
        if path is None or "teacher" not in GRANTS[ROUTE].roles:
            return None
        authorization = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                if authorization is not None:
                    return None
                authorization = value
            elif name in (b"content-length", b"transfer-encoding") or (name == b"accept-encoding" and b"gzip" in value):
                return None
        kind, _, token = (authorization or b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        visitor: Claims | None = self._state.read_token(token.strip())
        own = visitor is not None and visitor.role == "teacher" and visitor.subject == path["teacher_id"]
        return visitor if own else None

    async def _content(self, scope: Scope, visitor: Claims) -> bytes | None:
        """Her list, when its audit line is on disk; None where the service has to look at the request."""
        service: AdviceReader | None = self._state.service
        if service is None or not service.lists_are_open:
            return None
        teacher_id = visitor.subject
        try:
            service.school_of(teacher_id)
            line = self._state.audit(visitor, ROUTE, "teacher", teacher_id, GRANTS[ROUTE].purpose, True)
            decided = self._state.trail.read(self._state.feedback.choices_of(teacher_id))
            # whatever comes of it, this line is written: the service writes no second one
            kept: dict[str, Any] = scope.setdefault("state", {})
            kept[ADMITTED], kept[AUDIT_LINES] = visitor, [line]
            prepared = service.prepared_unchanged(teacher_id, TOP)
            content = None if prepared is None else prepared_answer(service, service.age, *prepared, TOP)
            rows = await asyncio.wrap_future(decided)
            if content is None or choices_in(rows).change_lists:
                return None
            if not line.done():  # it is, but where it and the read were committed apart
                await asyncio.wrap_future(line)
            line.result()
        except RecommenderError:
            return None  # the service says what is wrong
        return content
