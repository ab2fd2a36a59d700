"""A teacher who asks for her own list, prepared and not changed since, is answered before any other part of the service.

Taking the request apart, the layers around every route and a thread to wait for cost three times the rest of such an answer
(decision 1320). Whatever is not this one case (another address, another role, a query, a cookie, an unknown token, a list that
has to be computed) goes on to the service as if this layer were not there. Who may read is
the line of `api.auth.GRANTS`, the audit line is the same one, and so is the answer: tests compare both byte by byte.

What she decided since is read by the thread that writes the audit line, in the same transaction; the answer is put together
meanwhile.
"""

from __future__ import annotations

import gzip
import time
from typing import Final

from starlette.datastructures import State
from starlette.routing import compile_path
from starlette.types import Scope, Send

from api.auth import ADMITTED, GRANTS
from api.deps import AdviceReader
from api.middleware import COMPRESSION, PLAIN, SECURE, SMALLEST_COMPRESSED
from api.prepared_answer import prepared_answer
from api.telemetry import Meter, audit_line
from features.errors import UnknownIdError
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


class PreparedAnswers:
    """What stands before the service: `api.app.Service`."""

    def __init__(self, state: State, meter: Meter) -> None:
        """state: of the service."""
        self._state, self._meter = state, meter

    async def answered(self, scope: Scope, send: Send) -> bool:
        """Whether this request is the one case and has its answer; nothing has been sent where it has not."""
        start = time.perf_counter()
        visitor = self._reads_her_own(scope)
        content = None if visitor is None else await self._content(scope, visitor)
        if content is None:
            return False
        security = SECURE if scope["scheme"] == "https" else PLAIN
        headers = [*HEADERS, *security]
        if len(content) >= SMALLEST_COMPRESSED and _takes_gzip(scope):
            content = gzip.compress(content, COMPRESSION)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})
        self._meter.note(ROUTE, "GET", "200", time.perf_counter() - start)
        return True

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
            elif name in (b"content-length", b"transfer-encoding"):
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
        if service is None:
            return None
        age, teacher_id = service.age, visitor.subject
        if not service.lists_are_open(age) or not _known(service, teacher_id):
            return None
        line = audit_line(self._state.records.now(), visitor, ROUTE, "teacher", teacher_id, GRANTS[ROUTE].purpose, True)
        decided = self._state.trail.append_and_read(line, self._state.feedback.choices_of(teacher_id))
        try:
            prepared = service.prepared_unchanged(teacher_id, TOP, age)
            content = None if prepared is None else prepared_answer(service, age, *prepared, TOP)
        except Exception:  # the service meets the same one and says it without names
            content = None
        try:
            rows = await decided
        except Exception:  # no line was written; the service tries again and says what is wrong
            return None
        scope.setdefault("state", {})[ADMITTED] = visitor  # the service writes no second line
        return None if choices_in(rows).change_lists else content


def _takes_gzip(scope: Scope) -> bool:
    """As the service's own layer reads it."""
    accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    return b"gzip" in accepted


def _known(service: AdviceReader, teacher_id: str) -> bool:
    try:
        service.school_of(teacher_id)
    except UnknownIdError:
        return False
    return True
