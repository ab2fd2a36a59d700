"""What all answers share: pydantic models read from the frozen dataclasses."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Read from the frozen dataclasses; numbers that are not finite become null."""

    model_config = ConfigDict(from_attributes=True, frozen=True, ser_json_inf_nan="null")


class VersionOut(Wire):
    """What an answer comes from: fingerprint of the tables, date of the diagnosis, version of the model."""

    tables: str
    as_of: date
    model_version: str


class Answer(Wire):
    """An answer of the loaded advice; `version` is filled in where it is sent."""

    version: VersionOut | None = None
