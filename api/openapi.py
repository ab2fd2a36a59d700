"""The OpenAPI description as it really answers: bearer tokens, and problems for errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth import GRANTS
from api.schemas.problem_schemas import ProblemOut

_REF = "#/components/schemas/{model}"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemOut")}}}
_RETRY = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
_CLOSED = {
    "401": "No token, or one that does not hold",
    "403": "Not for this role",
    "404": "Unknown, or not within the reader's scope",
    "503": "The advice is being loaded, too many requests wait, or stored data cannot be read",
}
_ANY = {
    "413": "The body is too large",
    "422": "A parameter is unknown or not understood",
    "500": "A failure, with its reference",
}
_WRITES = {"429": "Too many writes of this person; Retry-After says when to try again"}
_MORE = {
    ("/v1/plans", "post"): {
        "409": "The data have changed since this server was started",
        "429": "Too many plans wait, of this person or in all, or too many writes; Retry-After says when to try again",
    },
    ("/v1/models/{version}/promote", "post"): {"409": "Another version was promoted meanwhile, or the proposal was settled"},
    ("/v1/models/{version}/rollback", "post"): {"409": "Another version is before the promoted one, or it was settled"},
    ("/v1/teachers/{teacher_id}/objections", "post"): {"409": "One about the same is open or upheld"},
    ("/v1/objections/{objection_id}/answer", "post"): {
        "403": "Not for this role, or the person is named in what is contested", "409": "It is not open any more",
    },
    ("/v1/objections/{objection_id}/withdraw", "post"): {"409": "It is neither open nor upheld any more"},
    ("/v1/hours/entries/{entry_id}/decisions", "post"): {
        "403": "Not for this role, or her own hours", "409": "Its state does not allow this decision",
    },
    ("/v1/hours/entries/{entry_id}/withdraw", "post"): {"409": "It is no claim, or its state does not allow it"},
    ("/v1/plans/{plan_id}/workbook", "get"): {"409": "The files of the plan are damaged; ask for it again"},
}


def _problems(path: str, method: str) -> dict[str, Any]:
    """Every error that an address can answer with."""
    closed = _CLOSED if path in GRANTS or path.startswith("/v1/") else {}
    limited = _WRITES if closed and method not in ("get", "head") else {}
    answers = _ANY | closed | limited | _MORE.get((path, method), {})
    return {status: {"description": text, "content": _PROBLEM} for status, text in sorted(answers.items())}


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
            for method, call in item.items():
                if path in GRANTS:
                    call["security"] = [{"bearer": []}]
                call["responses"] |= _problems(path, method)
                if path == "/readyz":
                    call["responses"]["503"] = {"description": "Not loaded yet", "content": call["responses"]["200"]["content"]}
                for status in ("429", "503"):
                    if status in call["responses"] and path in GRANTS:
                        call["responses"][status]["headers"] = _RETRY
        app.openapi_schema = document
    return app.openapi_schema
