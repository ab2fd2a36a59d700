"""One upload: which files, who brought them, how far the work on them is, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from features.documents import DocumentError, value_of
from features.messages import BilingualText
from recommender.workspace.importing import Mode

UploadState = Literal["working", "asking", "checked", "written", "failed", "interrupted"]
Work = Literal["look", "write"]
NO_ERROR: Final = BilingualText("", "")
STATES: Final = frozenset({"working", "asking", "checked", "written", "failed"})


@dataclass(frozen=True)
class Upload:
    """state: `working` on `work`; `asking` what the columns are; `checked`, with a preview; `written`; `failed` with `error`.

    what, share: the step at work and how much is done, 0 to 1. checked: rows by table and counts of issues, once it was
    checked. corrections: what a person said of the guesses (`corrections`). number: of the import in the history.
    """

    upload_id: str
    by: str
    role: str
    at: datetime
    mode: Mode
    files: tuple[str, ...]
    state: UploadState = "asking"
    work: Work = "look"
    what: str = ""
    share: float = 0.0
    error: BilingualText = NO_ERROR
    checked: Mapping[str, Any] = field(default_factory=dict)
    corrections: Mapping[str, Any] = field(default_factory=dict)
    accept_good_rows: bool = False
    confirmed_by: str = ""
    number: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "at": self.at.isoformat(), "mode": str(self.mode), "error": self.error._asdict()}

    @classmethod
    def of(cls, content: dict[str, Any]) -> Upload:
        """What `as_json` gave. Raises DocumentError for anything else."""
        try:
            if value_of(content, "state", str) not in STATES:
                raise ValueError(content["state"])
            values = {**content, "at": datetime.fromisoformat(content["at"]).astimezone(UTC), "mode": Mode(content["mode"])}
            return cls(**{**values, "files": tuple(content["files"]), "error": BilingualText(**content["error"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DocumentError(str(error)) from error

    def failed(self, error: BilingualText) -> Upload:
        """The same, given up for this reason."""
        return replace(self, state="failed", error=error)
