"""What all answers share: pydantic models read from the frozen dataclasses."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from recommender.data_age import DataAge
from recommender.served_version import ServedVersion


class Wire(BaseModel):
    """Read from the frozen dataclasses; numbers that are not finite become null."""

    model_config = ConfigDict(from_attributes=True, frozen=True, ser_json_inf_nan="null")


class VersionOut(Wire):
    """What an answer comes from: fingerprint of the tables, date of the diagnosis, version of the model."""

    tables: str
    as_of: date
    model_version: str


class DataAgeOut(Wire):
    """Data are judged by `as_of`, courses by `open_on` (today)."""

    as_of: date
    open_on: date
    days: int = Field(description="from as_of to open_on")
    old: bool = Field(description="whether the data have reached the age at which they count as old")
    open_then: int = Field(description="courses of the catalogue that were open at as_of")
    closed: int = Field(description="those of them that have begun or ended since")
    expires_on: date = Field(description="the last day on which needs estimated from these data are shown and used")
    expired: bool = Field(description="whether that day is past: no needs and no lists are given")


class Answer(Wire):
    """An answer of the loaded advice; `version` and `age` are filled in where it is sent."""

    version: VersionOut | None = None
    age: DataAgeOut | None = None


Body = TypeVar("Body", bound=Answer)


def dated(body: Body, version: ServedVersion, age: DataAge) -> Body:
    """The answer with its version and the age of its data."""
    return body.model_copy(
        update={"version": VersionOut.model_validate(version), "age": DataAgeOut.model_validate(age)}
    )
