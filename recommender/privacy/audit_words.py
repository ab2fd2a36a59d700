"""The audit trail in words: purposes, roles and answers in Chinese and English."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from features.messages import BilingualText, Message
from recommender.records.audit_trail import AuditLine
from recommender.text.catalogues import has, in_both
from recommender.workspace.atomic import replacing
from recommender.workspace.exports import harmless

COLUMNS: Final = (
    "at", "actor", "role", "unit_kind", "unit_id", "route", "purpose", "purpose_zh", "purpose_en", "granted",
)  # fmt: skip


def purpose_words(purpose: str) -> BilingualText:
    """A purpose of the trail in words; one that the program no longer knows as it stands there."""
    return _words("purpose", purpose)


def role_words(role: str) -> BilingualText:
    """A role of the trail in words."""
    return _words("role", role)


def _words(group: str, value: str) -> BilingualText:
    code = f"privacy.{group}_{value.replace(' ', '_').replace('-', '_')}"
    return in_both(Message(code)) if has(code) else BilingualText(value, value)


def as_row(line: AuditLine) -> dict[str, Any]:
    """One line with the columns of `COLUMNS`; times in ISO 8601."""
    words = purpose_words(line.purpose)
    return {
        "at": line.at.isoformat(timespec="seconds"), "actor": line.actor, "role": line.role,
        "unit_kind": line.unit_kind, "unit_id": line.unit_id, "route": line.route, "purpose": line.purpose,
        "purpose_zh": words.zh, "purpose_en": words.en, "granted": line.granted,
    }  # fmt: skip


def write_csv(path: Path, lines: Iterable[AuditLine]) -> int:
    """Writes lines as CSV for its owner alone, safe to open in a spreadsheet; returns how many."""
    n = 0
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        for line in lines:
            rows.writerow({name: harmless(value) for name, value in as_row(line).items()})
            n += 1
    return n
