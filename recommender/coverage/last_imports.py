"""When a school's rows of a table were last brought, and by whom, as the history of imports has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LastImport:
    """at: ISO 8601 moment. own: it was a file for this school or an organization above it, and not one for all."""

    n: int
    at: str
    by: str
    own: bool


def effective(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The imports whose rows are in place, newest first: those that were undone are left out."""
    by_number = {int(entry["n"]): entry for entry in entries}
    n = 0 if not entries else int(entries[-1]["to"] if entries[-1]["action"] == "undo" else entries[-1]["n"])
    result: list[Mapping[str, Any]] = []
    while n in by_number:
        entry = by_number[n]
        if entry["action"] == "undo":
            n = int(entry["to"])
            continue
        result.append(entry)
        before = int(entry["before"]["n"]) if entry["before"] else 0
        if before >= n:
            break
        n = before
    return result


def last_import(
    entries: Sequence[Mapping[str, Any]], tables: Collection[str], organizations: Collection[str]
) -> LastImport | None:
    """The newest import that changed one of the tables, for one of the organizations or for all. entries: as `effective` gives
    them."""
    for entry in entries:
        scope = entry.get("scope") or ()
        changed = any(change["new"] or change["changed"] for name, change in entry["tables"].items() if name in tables)
        if changed and (not scope or set(scope) & set(organizations)):
            return LastImport(int(entry["n"]), str(entry["at"]), str(entry["by"]), bool(scope))
    return None
