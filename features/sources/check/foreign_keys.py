"""Ids that refer to other tables: repaired where exactly one known id fits, else a problem with a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.messages import BilingualText, Message, message
from features.schema import TABLES
from features.sources.issue import with_example
from features.sources.issues import Issues
from features.sources.read.column_cells import Bools, Cells
from features.sources.read.sheet import Texts, texts
from features.sources.staging import StagingTable

MAX_SUGGESTIONS: Final = 30  # distinct unknown ids that get a suggestion
MAX_CANDIDATES: Final = 5000  # ids and names of a table; no suggestions in larger ones
CUTOFF: Final = 0.75  # similarity of a suggestion, as difflib measures it


@dataclass(frozen=True)
class ForeignKey:
    """Cells of `table.column` hold ids of `target`; only in rows whose `condition_column` has one of
    `condition_values`. lenient: an unknown id is a note, not a problem."""

    table: str
    column: str
    target: str
    lenient: bool = False
    condition_column: str = ""
    condition_values: tuple[str, ...] = ()

    def rows(self, staging: StagingTable) -> Bools:
        """(n,) rows that the key applies to."""
        if not self.condition_column:
            return np.ones(len(staging), dtype=bool)
        cells = staging.cells[self.condition_column]
        return cells.rows_with(
            pc.is_in(cells.values, value_set=texts(self.condition_values)).to_numpy(zero_copy_only=False)
        )


FOREIGN_KEYS: Final = (
    *(
        ForeignKey(table.name, column.name, column.references, column.lenient)
        for table in TABLES.values()
        for column in table.columns
        if column.references
    ),
    ForeignKey("results", "unit_id", "classes", condition_column="unit_kind", condition_values=("class",)),
    ForeignKey(
        "results", "unit_id", "organizations",
        condition_column="unit_kind", condition_values=("school", "district"),
    ),
)  # fmt: skip
KEY_OF: Final = {table.name: table.key[0] for table in TABLES.values() if table.key}


@dataclass(frozen=True)
class KnownIds:
    """What may be referred to: all ids of a table (bad rows' too), and names that people write instead."""

    ids: Texts
    names: Mapping[str, str]


def known_ids(
    tables: Mapping[str, StagingTable], existing: Mapping[str, pd.DataFrame], table: str
) -> KnownIds:
    """The ids of `table`: those of this import, else those of the workspace."""
    if table in tables:
        staging = tables[table]
        ids = staging.cells[KEY_OF[table]].values
        names = _unique_names(staging) if table == "organizations" else {}
        return KnownIds(ids, names)
    if table in existing:
        frame = existing[table]
        names = {}
        if table == "organizations":
            once = frame[~frame["name"].duplicated(keep=False)]
            names = dict(zip(once["name"], once["org_id"], strict=True))
        return KnownIds(pc.unique(pa.array(frame[KEY_OF[table]], pa.large_string())), names)
    return KnownIds(texts([]), {})


def repair_ids(staging: StagingTable, column: str, rows: Bools, known: KnownIds, issues: Issues) -> None:
    """Replaces an unknown id by the only known id that differs by a `.0` or leading zeros, or has the name.

    Adds one note for each replaced id.
    """
    cells = staging.cells[column]
    if not len(known.ids):
        return
    unknown = _unknown(cells, known.ids)
    used = np.zeros(len(cells.values), dtype=bool)
    used[cells.codes[rows & (cells.codes >= 0)]] = True
    unknown_texts = cells.values.filter(pa.array(unknown & used)).to_pylist()
    if not unknown_texts:
        return
    ids = set(known.ids.to_pylist()) if cells.column.kind == "list" else set()
    items = {text: text.split(";") if cells.column.kind == "list" else [text] for text in unknown_texts}
    unknown_items = sorted({item for split in items.values() for item in split if item not in ids})
    repaired = _same_but_for_zeros(unknown_items, known.ids)
    repaired |= {s: known.names[s] for s in unknown_items if s not in repaired and s in known.names}
    new_texts = {text: ";".join(repaired.get(item, item) for item in split) for text, split in items.items()}
    new_texts = {text: new for text, new in new_texts.items() if new != text}
    for text, new in sorted(new_texts.items()):
        changed = cells.rows_with(pc.equal(cells.values, text).to_numpy(zero_copy_only=False))
        issues.note(staging, changed & rows, (column,), message("sources.repaired_id", id=new))
    staging.cells[column] = cells.renaming(new_texts)


def check_foreign_key(staging: StagingTable, key: ForeignKey, known: KnownIds, issues: Issues) -> None:
    """Adds a problem for each row with an unknown id; one note for all where the other table is empty."""
    cells = staging.cells[key.column]
    unresolved = cells.rows_with(_unknown(cells, known.ids)) & key.rows(staging)
    if not unresolved.any():
        return
    target = TABLES[key.target].label
    if not len(known.ids):
        expected = message("sources.no_such_table_yet", target=target)
        issues.note(staging, unresolved, (key.column,), expected)
        return
    if key.lenient:
        expected = message("sources.id_not_in_table", target=target)
        issues.note(staging, unresolved, (key.column,), expected)
        return
    suggestions = _Suggestions(known)

    def describe(row: int) -> Message:
        value = str(cells.values[int(cells.codes[row])].as_py())
        return suggestions.describe(value, target)

    issues.problem(staging, unresolved, (key.column,), describe)


class _Suggestions:
    """The id or name most similar to an unknown id; computed once for each of the first few."""

    def __init__(self, known: KnownIds) -> None:
        total = len(known.ids) + len(known.names)
        self._ids = set(known.ids.to_pylist()) if total <= MAX_CANDIDATES else set()
        self._candidates = [*sorted(self._ids), *known.names] if self._ids else []
        self._cache: dict[str, str] = {}

    def describe(self, value: str, target: BilingualText) -> Message:
        items = value.split(";")
        item = next((i for i in items if i not in self._ids), items[0]) if self._ids else items[0]
        near = self._most_similar(item)
        if len(items) > 1 and near:
            expected = message("sources.unknown_item_did_you_mean", item=item, target=target, near=near)
            return with_example(expected, near)
        if len(items) > 1:
            return message("sources.unknown_item", item=item, target=target)
        if near:
            return with_example(message("sources.unknown_id_did_you_mean", target=target, near=near), near)
        return message("sources.unknown_id", target=target)

    def _most_similar(self, item: str) -> str:
        if item not in self._cache and len(self._cache) < MAX_SUGGESTIONS:
            containing = [word for word in self._candidates if len(item) > 1 and item in word]
            near = containing[:1] or difflib.get_close_matches(item, self._candidates, 1, CUTOFF)
            self._cache[item] = near[0] if near else ""
        return self._cache.get(item, "")


def _unknown(cells: Cells, ids: Texts) -> Bools:
    """(v,) values of which no id, or not every one of a list, is known."""
    if cells.column.kind == "list":
        known = set(ids.to_pylist())
        return np.array([not known.issuperset(v.split(";")) for v in cells.values.to_pylist()], dtype=bool)
    return np.asarray(~pc.is_in(cells.values, value_set=ids).to_numpy(zero_copy_only=False))


def _same_but_for_zeros(unknown: list[str], ids: Texts) -> dict[str, str]:
    """Unknown id -> the only known id that is equal without a final `.0` and leading zeros."""
    frame = pd.DataFrame({"id": ids.to_pylist(), "bare": _bare(ids).to_pylist()}, dtype=object)
    frame = frame[~frame["bare"].duplicated(keep=False)]
    by_bare: dict[Any, Any] = dict(zip(frame["bare"], frame["id"], strict=True))
    bare = _bare(texts(unknown)).to_pylist()
    return {s: by_bare[b] for s, b in zip(unknown, bare, strict=True) if b in by_bare}


def _bare(ids: Texts) -> Texts:
    return pc.utf8_ltrim(pc.replace_substring_regex(ids, r"\.0+$", ""), "0")


def _unique_names(staging: StagingTable) -> dict[str, str]:
    """Name -> id of the organizations whose name no other organization has."""
    ids, names = staging.cells["org_id"], staging.cells["name"]
    complete = (ids.codes >= 0) & (names.codes >= 0)
    frame = pd.DataFrame({"id": ids.codes[complete], "name": names.codes[complete]}).drop_duplicates()
    frame = frame[~frame["name"].duplicated(keep=False)]
    return {
        str(names.values[int(name)].as_py()): str(ids.values[int(i)].as_py())
        for i, name in zip(frame["id"], frame["name"], strict=True)
    }
