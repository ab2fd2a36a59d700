"""One statement about a diagnosis, as message codes with values, and the action it calls for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import pandas as pd

from features.messages import Message

Severity = Literal["trust", "care", "stop"]


@dataclass(frozen=True)
class DiagnosisFinding:
    """`code` identifies the finding for scripts, with its subject behind a colon ("source_misfit:observation").

    severity: trust (can be relied on), care (needs attention), stop (must not be done); action: what to do, None
    where nothing has to be done.
    """

    code: str
    severity: Severity
    statement: Message
    action: Message | None = None


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows, each by column name."""
    return cast("list[dict[str, Any]]", frame.to_dict("records"))
