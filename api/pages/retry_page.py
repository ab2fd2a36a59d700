"""Where a form could not be saved: what was filled in stays, and one button sends it again as the same write."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from fastapi import Request, Response

from api.form_guard import TOKEN, form_token
from api.ids import address
from api.pages.page_words import Words
from api.pages.render import page
from features.errors import UnavailableError
from features.messages import Message


def answered_or_retry(request: Request, form: Mapping[str, str], write: Callable[[], Response]) -> Response:
    """The answer of `write`, or a page with the form where the records cannot be written now (503)."""
    try:
        return write()
    except UnavailableError as error:
        from api.deps import language

        reference = request.state.reference = secrets.token_hex(4).upper()
        code = error.message.code if isinstance(error.message, Message) else ""
        request.app.state.log.error("records_unavailable", code=code, reference=reference)
        t = Words(language(request))
        html = page(
            request, "retry.html", fields=sorted({**form, TOKEN: form_token(request)}.items()), action=address(request),
            reference=reference, reason=t.text(error.message),
        )  # fmt: skip
        headers = {
            "Cache-Control": "no-store", "Retry-After": str(error.retry_after),
            "Vary": "Accept-Language, Authorization, Cookie",
        }  # fmt: skip
        return Response(html, 503, headers, media_type="text/html; charset=utf-8")
