"""A file of decisions: entries, what is decided of each and why; applied once however often it is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from features.errors import DataError, UsageError
from features.sources.read.isolated.file_reader import check_regular, read_sheet
from recommender.hours.hours_book import decided_entry
from recommender.records.hour_records import DECISIONS, MOST_AT_ONCE, DecidedEntry, HourDecision, HourRecords
from recommender.records.record_store import Author

HEADERS: Final = {"entry_id": ("entry_id", "登记编号"), "decision": ("decision", "决定"), "reason": ("reason", "理由")}
WORDS: Final[dict[str, HourDecision]] = {
    **{name: name for name in DECISIONS}, "审核通过": "checked", "认定": "recognised", "不通过": "refused", "撤回": "withdrawn",
}  # fmt: skip


@dataclass(frozen=True)
class FileDecision:
    """A row of the file. row: its number there."""

    row: int
    entry_id: str
    decision: HourDecision
    reason: str


@dataclass(frozen=True)
class AppliedDecisions:
    """How many entries were decided on; rows whose entry nobody knows; ids whose state does not allow the decision."""

    decided: int
    unknown: tuple[FileDecision, ...]
    not_allowed: tuple[str, ...]


def read_decisions(path: Path) -> tuple[FileDecision, ...]:
    """The rows of a CSV or Parquet file or of a workbook's first sheet.

    Raises FileReadError, UsageError where a column is missing, DataError for the first row with an unknown decision, a refusal
    without a reason, or an entry twice.
    """
    check_regular(path)
    sheet = read_sheet(path)
    columns = {}
    for name, headers in HEADERS.items():
        place = next((index for header in headers if (index := sheet.column(header)) is not None), None)
        if place is None and name != "reason":
            raise UsageError("hours.decide_columns", path=path, headers=" / ".join(headers))
        columns[name] = [""] * len(sheet.rows) if place is None else sheet.columns[place].to_pylist()
    rows, seen = [], set[str]()
    for number, entry, word, reason in zip(sheet.rows, columns["entry_id"], columns["decision"], columns["reason"], strict=True):
        decision = WORDS.get(word.strip().lower())
        if decision is None or not entry or entry in seen or (decision == "refused" and not reason.strip()):
            raise DataError("hours.decide_row", path=path, row=int(number), words=", ".join(WORDS))
        seen.add(entry)
        rows.append(FileDecision(int(number), entry, decision, reason.strip()))
    return tuple(rows)


def apply_decisions(
    rows: tuple[FileDecision, ...], entries: pd.DataFrame, records: HourRecords, author: Author
) -> AppliedDecisions:
    """Decides on the entries of the file that are known. entries: the joined table of all. Raises UnavailableError."""
    known = entries[entries["entry_id"].isin([row.entry_id for row in rows])]
    by_id = {str(row["entry_id"]): decided_entry(row) for row in known.to_dict("records")}
    unknown = tuple(row for row in rows if row.entry_id not in by_id)
    decided, wanted = set[str](), [row for row in rows if row.entry_id in by_id]
    for decision, reason, part in _parts(wanted, by_id):
        digest = hashlib.sha256("\n".join([decision, reason, *(one.entry_id for one in part)]).encode()).hexdigest()
        decided.update(records.decide(author, f"file-{digest}", part, decision, reason, alone=False))
    return AppliedDecisions(len(decided), unknown, tuple(row.entry_id for row in wanted if row.entry_id not in decided))


def _parts(
    rows: list[FileDecision], by_id: dict[str, DecidedEntry]
) -> Iterator[tuple[HourDecision, str, tuple[DecidedEntry, ...]]]:
    """Rows with one decision and one reason, as many as one write takes."""
    groups: dict[tuple[HourDecision, str], list[DecidedEntry]] = {}
    for row in rows:
        groups.setdefault((row.decision, row.reason), []).append(by_id[row.entry_id])
    for (decision, reason), entries in groups.items():
        for start in range(0, len(entries), MOST_AT_ONCE):
            yield decision, reason, tuple(entries[start : start + MOST_AT_ONCE])
