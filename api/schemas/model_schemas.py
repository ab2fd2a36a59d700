"""Versions of the model."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from api.schemas.wire import Wire


class ModelOut(Wire):
    """One trained version."""

    version: str
    current: bool


class ModelsOut(Wire):
    """All versions; `current` is null until one is promoted."""

    models: tuple[ModelOut, ...]
    current: str | None


class ServedModelOut(Wire):
    """What this server answers from; `promoted` is the version that the next start will take, `newer_tables` whether
    other tables were imported since."""

    version: str
    current: bool
    tables: str
    as_of: date
    promoted: str | None
    newer_tables: bool


class ModelChangeIn(Wire):
    """Why another version should be used; may be left out."""

    reason: str | None = None


class ModelChangeOut(Wire):
    """state: promoted, or proposed and waiting for another person until `expires`; null where it is promoted."""

    version: str
    state: Literal["proposed", "promoted"]
    proposal: int | None
    proposed_by: str | None
    expires: datetime | None
