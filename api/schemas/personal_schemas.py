"""All that is recorded of one teacher, by table, with sources and dates."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas.wire import Answer, Wire

Cell = str | bool | int | float | None


class ImportSourceOut(Wire):
    """One import that changed a table."""

    number: int
    at: str
    files: tuple[str, ...]


class PersonalTableOut(Wire):
    """Rows about her. kind: imported tables, estimates from them, plans, or what was recorded here."""

    name: str
    kind: Literal["tables", "estimates", "plans", "records"]
    label_zh: str
    label_en: str
    sources: tuple[ImportSourceOut, ...]
    as_of: date | None
    key: tuple[str, ...] = Field(description="columns that tell one row from the others, for objections; imported tables only")
    rows: tuple[dict[str, Cell], ...]


class PersonalDataOut(Answer):
    """Every table that may hold rows about a person, those without any too."""

    teacher_id: str
    made_up: bool
    tables: tuple[PersonalTableOut, ...]
