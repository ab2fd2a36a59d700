"""Errors as RFC 9457 problems."""

from __future__ import annotations

from pydantic import Field

from api.schemas.wire import Wire


class FaultOut(Wire):
    """One thing wrong with a request."""

    parameter: str
    expected: str


class ProblemOut(Wire):
    """RFC 9457: title in the reader's language, both beside; `reference` finds the line in the log."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    title_zh: str
    title_en: str
    reference: str = Field(description="quote it when asking for help")
    errors: tuple[FaultOut, ...] = ()
