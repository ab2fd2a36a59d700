"""Who has handed in what, by school and source."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.schemas.wire import Answer, Wire


class LastImportOut(Wire):
    """own: a file of this school or of an organization above it, not one for all."""

    n: int
    at: str
    by: str
    own: bool


class SourceStateOut(Wire):
    """share, newest: null where they would be about too few people."""

    source: str
    handed_in: bool
    share: float | None = Field(description="of teachers about whom there are rows")
    newest: str | None = Field(description="date, or term of classes")
    imported: LastImportOut | None


class SchoolStateOut(Wire):
    """One school; teachers: null below ten."""

    school_id: str
    name: str
    teachers: int | None
    sources: tuple[SourceStateOut, ...]


class ReliabilityCostOut(Wire):
    """Mean reliability of needs of teachers with and without rows; error: standard error of the difference."""

    present: float
    missing: float
    error: float


class SourceTotalOut(Wire):
    """One source in all schools; small: in those of fewer than ten teachers together."""

    source: str
    share: float | None
    small: float | None
    newest: str | None
    without: int = Field(description="schools that handed in nothing")
    cost: ReliabilityCostOut | None


class CoverageOut(Answer):
    """Schools by name."""

    org_id: str
    name: str
    as_of: date
    made_up: bool
    teachers: int | None
    schools: tuple[SchoolStateOut, ...]
    small_schools: int
    sources: tuple[SourceTotalOut, ...]
