"""One sentence about a diagnosis, in two languages, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import pandas as pd

Level = Literal["trust", "care", "stop"]


@dataclass(frozen=True)
class DiagnosisFinding:
    """`code` is for scripts; what can be trusted leaves nothing to do."""

    code: str
    level: Level
    zh: str
    en: str
    todo_zh: str = ""
    todo_en: str = ""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, each by column name."""
    return cast("list[dict[str, Any]]", frame.to_dict("records"))
