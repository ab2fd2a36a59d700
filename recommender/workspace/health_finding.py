"""The result of one check of `recommender doctor`."""

from __future__ import annotations

from typing import Literal, NamedTuple

from features.messages import Message


class HealthFinding(NamedTuple):
    """One check: its name, its state, what was observed, and the remedy (empty when there is nothing to do)."""

    check: str
    state: Literal["ok", "note", "wrong"]
    observed: Message | str
    remedy: Message | str = ""

    def as_json(self) -> dict[str, str]:
        """Texts for `doctor --json`."""
        return {"check": self.check, "state": self.state, "found": str(self.observed), "next": str(self.remedy)}
