"""Bodies as bytes, within a limit of their own; they are parsed by the route, beside the event loop."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.exceptions import HTTPException

MAX_JSON: Final = 200_000  # bytes: pins of about 5,000 people
MAX_FORM: Final = 60_000  # bytes, a Chinese character takes nine
MAX_LARGE_FORM: Final = 600_000  # bytes
MAX_FIELDS: Final = 40
MAX_LARGE_FIELDS: Final = 5_000  # 50 sheets of 100 columns


async def json_body(request: Request) -> bytes:
    """Raises HTTPException 413."""
    return await _body(request, MAX_JSON)


async def form_body(request: Request) -> bytes:
    """Raises HTTPException 413, and 400 for another content type: a form with files among them."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    return await _body(request, MAX_FORM)


async def optional_form_body(request: Request) -> bytes:
    """As `form_body`; a request without a body is an empty form."""
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return b""
    return await form_body(request)


async def large_form_body(request: Request) -> bytes:
    """As `form_body`, for forms with a field for each column of many sheets."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    return await _body(request, MAX_LARGE_FORM)


JsonBody = Annotated[bytes, Depends(json_body)]
FormBody = Annotated[bytes, Depends(form_body)]
OptionalFormBody = Annotated[bytes, Depends(optional_form_body)]
LargeFormBody = Annotated[bytes, Depends(large_form_body)]


def form_values(body: bytes, most: int = MAX_FIELDS) -> dict[str, str]:
    """Field -> text. Raises HTTPException 400 for what is not UTF-8 and for too many fields."""
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
        )
    except ValueError as error:
        raise HTTPException(400) from error


async def _body(request: Request, most: int) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most:
            raise HTTPException(413)
    return bytes(content)
