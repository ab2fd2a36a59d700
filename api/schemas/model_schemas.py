"""Versions of the model."""

from __future__ import annotations

from api.schemas.wire import Wire


class ModelOut(Wire):
    """One trained version."""

    version: str
    current: bool


class ModelsOut(Wire):
    """All versions; `current` is null until one is promoted."""

    models: tuple[ModelOut, ...]
    current: str | None
