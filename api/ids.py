"""Ids in addresses: any text of the tables, also with slashes, as `Org/K1/2026` or `Org%2FK1%2F2026`."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from starlette.convertors import StringConvertor, register_url_convertor


class IdConvertor(StringConvertor):
    """`{course_id:id}` in a route: any text that does not end with a slash, which is left to the redirect."""

    regex = ".*[^/]"


def address(request: Request) -> str:
    """The path of a request, quoted as it was asked for: an id may hold `?`, `#` or `%`."""
    return quote(request.scope["path"])


register_url_convertor("id", IdConvertor())
