"""Decisions in a platform's own shape: its headers, words, days and states, as a small TOML file says.

    rows = "own"                       # entries of this platform (default), or "all", claims made here too
    states = ["recognised", "refused"] # the default
    day = "%Y/%m/%d"                   # the default is %Y-%m-%d

    [columns]                          # the platform's header = a column of hour_entries, or counted
    "流水号" = "entry_id"
    "认定学时" = "counted"

    [values.status]                    # words in place of coded values, column by column
    recognised = "已认定"
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from features.documents import DocumentError, read_toml
from features.errors import UsageError
from features.ledger.hours_ledger import HoursLedger
from features.schema import TABLES
from features.schema.hour_tables import ENTRY_STATES
from features.tables import Tables
from recommender.workspace.exports import harmless

FIELDS: Final = (*(column.name for column in TABLES["hour_entries"].columns), "counted")


class PlatformShape(BaseModel):
    """The file: see above."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str] = Field(min_length=1)
    values: dict[str, dict[str, str]] = {}
    rows: Literal["own", "all"] = "own"
    states: tuple[str, ...] = ("recognised", "refused")
    day: str = "%Y-%m-%d"

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := set(columns.values()) - set(FIELDS):
            raise ValueError(f"{', '.join(sorted(unknown))}: none of {', '.join(FIELDS)}")
        return columns

    @field_validator("states")
    @classmethod
    def _known_states(cls, states: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(states) - set(ENTRY_STATES):
            raise ValueError(f"{', '.join(sorted(unknown))}: none of {', '.join(ENTRY_STATES)}")
        return states


class PlatformRows(NamedTuple):
    """The rows in the platform's shape, and whom they are about."""

    rows: pd.DataFrame
    teacher_ids: tuple[str, ...]


def read_shape(path: Path) -> PlatformShape:
    """Raises UsageError for a file that is none."""
    try:
        return PlatformShape.model_validate(read_toml(path))
    except DocumentError as error:
        raise UsageError("hours.export_shape", path=path, detail=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise UsageError("hours.export_shape", path=path, detail=detail) from error


def platform_rows(tables: Tables, ledger: HoursLedger, platform: str, shape: PlatformShape) -> PlatformRows:
    """The entries in the platform's shape, all cells text; by entry_id. `counted`: before the limit of a cycle."""
    entries = tables["hour_entries"]
    records, counted = ledger.activities.records, np.zeros(len(entries))
    own = records.source > 0
    counted[records.row[own]] = ledger.activities.counted[own]
    entries = entries.assign(counted=counted)
    entries = entries[entries["status"].isin(shape.states)]
    if shape.rows == "own":
        entries = entries[entries["platform"] == platform]
    frame = pd.DataFrame(index=range(len(entries)))
    for header, name in shape.columns.items():
        cells = entries[name].reset_index(drop=True)
        if pd.api.types.is_datetime64_any_dtype(cells):
            text = cells.dt.strftime(shape.day)
        elif pd.api.types.is_float_dtype(cells):
            text = cells.map(lambda value: "" if pd.isna(value) else f"{value:g}")
        else:
            text = cells.astype(object).map(lambda value: shape.values.get(name, {}).get(value, value))  # noqa: B023
        frame[header] = text.where(text.notna(), "").map(harmless)
    return PlatformRows(frame, tuple(entries["teacher_id"].unique()))
