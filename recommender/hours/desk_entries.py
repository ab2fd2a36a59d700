"""Entries as the desks show them: a filter, and a row as plain fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

EntryFrame = pd.DataFrame
"""Rows of hour_entries."""


@dataclass(frozen=True)
class DeskFilter:
    """Which of the entries that wait are shown: of a category, an activity (part of its name), a platform."""

    category: str = ""
    activity: str = ""
    platform: str = ""

    def of(self, frame: EntryFrame) -> EntryFrame:
        """The rows that pass."""
        if self.category:
            frame = frame[frame["category"] == self.category]
        if self.activity:
            frame = frame[frame["activity"].str.contains(self.activity, case=False, regex=False, na=False)]
        if self.platform:
            frame = frame[frame["platform"] == self.platform]
        return frame.reset_index(drop=True)


def row_fields(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of a table as fields: days as days, empty cells as None."""
    fields = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    return {name: value.date() if isinstance(value, pd.Timestamp) else value for name, value in fields.items()}
