"""What is written down: an audit line for each read of a person, in the records; counts and times without ids.

No token, name or score is ever part of a line. Audit lines hold ids, the log and the metrics the pattern of the address.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import TextIO

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http_layer import HttpLayer, NotingSend
from recommender.event_log import event_log
from recommender.records.audit_trail import AuditLine, AuditTrail
from recommender.records.record_tables import LONGEST_ID
from recommender.tokens import Claims


class Meter:
    """Requests by address pattern, method and status, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter("recommender_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "recommender_request_seconds",
            "Seconds from request to last byte",
            ("route",),
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
            registry=self.registry,
        )
        self.waiting = Gauge("recommender_requests_waiting", "Requests that wait for a thread", registry=self.registry)
        self.ready = Gauge("recommender_ready", "1 once the advice is loaded, else 0", registry=self.registry)
        self._series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def note(self, route: str, method: str, status: str, seconds: float) -> None:
        """One request. Its two series are looked up once: that takes longer than counting."""
        key = route, method, status
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self.requests.labels(*key), self.seconds.labels(route)
        series[0].inc()
        series[1].observe(seconds)


class Metered(HttpLayer):
    """ASGI middleware that feeds the meter."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        super().__init__(app)
        self.meter = meter

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        noting = NotingSend(send)
        try:
            await self.app(scope, receive, noting)
        finally:
            route = str(getattr(scope.get("route"), "path_format", "unmatched"))
            method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else "other"
            self.meter.note(route, method, str(noting.status or 500), time.perf_counter() - start)


class WithoutQuery(logging.Filter):
    """Takes the query string out of the server's access lines: a sign-in link carries its token there."""

    _query = re.compile(r"\?\S*")

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(self._query.sub("", a) if isinstance(a, str) else a for a in record.args)
        return True


def _storable(text: str) -> str:
    """An id of an address may be anything; what no database takes is replaced."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:LONGEST_ID]


def audit_line(
    at: datetime, visitor: Claims, route: str, unit_kind: str, unit_id: str, purpose: str, granted: bool
) -> AuditLine:
    """The line about one read."""
    return AuditLine(at, _storable(visitor.subject), visitor.role, route, unit_kind, _storable(unit_id), purpose, granted)


def install(app: FastAPI, stream: TextIO | None, trail: AuditTrail, now: Callable[[], datetime]) -> Meter:
    """Give the app its log, its audit function and its meter."""

    def audit(
        visitor: Claims, route: str, unit_kind: str, unit_id: str, purpose: str, granted: bool
    ) -> Future[None]:
        """Done when the line is on disk."""
        return trail.append(audit_line(now(), visitor, route, unit_kind, unit_id, purpose, granted))

    app.state.log = event_log(stream)
    app.state.audit = audit
    meter = Meter()
    app.state.meter = meter
    access = logging.getLogger("uvicorn.access")
    if not any(isinstance(item, WithoutQuery) for item in access.filters):
        access.addFilter(WithoutQuery())
    return meter
