"""The OpenAPI description as it really answers: bearer tokens, and problems for errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth import GRANTS
from api.schemas.problem_schemas import ProblemOut

_REF = "#/components/schemas/{model}"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemOut")}}}
_CLOSED = {
    "401": "No token, or one that does not hold",
    "403": "Not for this role",
    "404": "Unknown, or not within the reader's scope",
    "422": "A parameter is unknown or not understood",
    "503": "The advice is being loaded",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Made once an app; `/docs` shows the same."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        parts = document["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        problem = ProblemOut.model_json_schema(ref_template=_REF)
        parts["schemas"] |= problem.pop("$defs") | {"ProblemOut": problem}
        parts["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        for path, item in document["paths"].items():
            for call in item.values():
                call["responses"].pop("422", None)
                if path in GRANTS:
                    call["security"] = [{"bearer": []}]
                    call["responses"] |= {
                        status: {"description": description, "content": _PROBLEM} for status, description in _CLOSED.items()
                    }
                call["responses"]["500"] = {
                    "description": "A failure, with its reference",
                    "content": _PROBLEM,
                }
        app.openapi_schema = document
    return app.openapi_schema
