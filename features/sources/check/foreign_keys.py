"""Ids that point into other tables: mended where exactly one known id fits, else told with a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.schema import TABLES
from features.sources.issue import Message
from features.sources.issues import Issues
from features.sources.read.column_cells import Bools, Cells
from features.sources.read.sheet import Texts, texts
from features.sources.staging import StagingTable

SUGGESTED_FOR: Final = 30  # distinct unknown ids, in tables of at most
SUGGESTED_AMONG: Final = 5000  # ids and names


@dataclass(frozen=True)
class ForeignKey:
    """Cells of `table.column` name rows of `to`; only in rows where `given` has the value `case`."""

    table: str
    column: str
    to: str
    loosely: bool = False
    given: str = ""
    cases: tuple[str, ...] = ()

    def rows(self, draft: StagingTable) -> Bools:
        """(n,) rows that the link is about."""
        if not self.given:
            return np.ones(len(draft), dtype=bool)
        cells = draft.cells[self.given]
        return cells.rows_with(
            pc.is_in(cells.values, value_set=texts(self.cases)).to_numpy(zero_copy_only=False)
        )


LINKS: Final = (
    *(ForeignKey(t.name, c.name, c.refers, c.loosely) for t in TABLES.values() for c in t.columns if c.refers),
    ForeignKey("results", "unit_id", "classes", given="unit_kind", cases=("class",)),
    ForeignKey("results", "unit_id", "organizations", given="unit_kind", cases=("school", "district")),
)
KEY_OF: Final = {table.name: table.key[0] for table in TABLES.values() if table.key}


@dataclass(frozen=True)
class KnownIds:
    """What may be pointed at: all ids of a table (bad rows' too), and names where people write those."""

    ids: Texts
    names: Mapping[str, str]


def known_in(drafts: Mapping[str, StagingTable], held: Mapping[str, pd.DataFrame], table: str) -> KnownIds:
    """The ids of `table`: those of this import, else those that the workspace holds."""
    if table in drafts:
        draft = drafts[table]
        ids = draft.cells[KEY_OF[table]].values
        names = _names(draft) if table == "organizations" else {}
        return KnownIds(ids, names)
    if table in held:
        column = held[table][KEY_OF[table]]
        return KnownIds(pc.unique(pa.array(column, pa.large_string())), {})
    return KnownIds(texts([]), {})


def repair_ids(draft: StagingTable, column: str, rows: Bools, known: KnownIds, findings: Issues) -> None:
    """Unknown ids become the one known id that differs by a `.0` or leading zeros, or has the name; a note each."""
    cells = draft.cells[column]
    if not len(known.ids):
        return
    unknown = _unknown(cells, known.ids)
    used = np.zeros(len(cells.values), dtype=bool)
    used[cells.codes[rows & (cells.codes >= 0)]] = True
    found = cells.values.filter(pa.array(unknown & used)).to_pylist()
    if not found:
        return
    held = set(known.ids.to_pylist()) if cells.column.kind == "list" else set()
    items = {text: text.split(";") if cells.column.kind == "list" else [text] for text in found}
    strangers = sorted({item for listed in items.values() for item in listed if item not in held})
    fits = _same_but_for_zeros(strangers, known.ids)
    fits |= {s: known.names[s] for s in strangers if s not in fits and s in known.names}
    others = {text: ";".join(fits.get(item, item) for item in listed) for text, listed in items.items()}
    others = {text: other for text, other in others.items() if other != text}
    for text, other in sorted(others.items()):
        mended = cells.rows_with(pc.equal(cells.values, text).to_numpy(zero_copy_only=False))
        said = Message(f"按「{other}」读取", f"read as {other!r}")
        findings.note(draft, mended & rows, (column,), said)
    draft.cells[column] = cells.renaming(others)


def check_link(draft: StagingTable, link: ForeignKey, known: KnownIds, findings: Issues) -> None:
    """A problem for each row that points at nothing; where the other table is empty, one note for all."""
    cells = draft.cells[link.column]
    rows = link.rows(draft)
    lost = cells.rows_with(_unknown(cells, known.ids)) & rows
    if not lost.any():
        return
    table = TABLES[link.to]
    if not len(known.ids):
        findings.note(
            draft, lost, (link.column,),
            Message(f"没有「{table.zh}」表,无法核对,暂不使用", f"there is no table {link.to} yet; unused until then"),
        )  # fmt: skip
        return
    if link.loosely:
        findings.note(
            draft, lost, (link.column,),
            Message(f"不在本次「{table.zh}」表中", f"not in the table {link.to}"),
        )  # fmt: skip
        return
    suggest = _Suggestions(known)

    def say(row: int) -> Message:
        value = str(cells.values[int(cells.codes[row])].as_py())
        return suggest(value, table.zh, link.to)

    findings.rows(draft, lost, (link.column,), say)


class _Suggestions:
    """What an unknown id may have been meant to be; looked for once for each of the first few."""

    def __init__(self, known: KnownIds) -> None:
        total = len(known.ids) + len(known.names)
        self._ids = set(known.ids.to_pylist()) if total <= SUGGESTED_AMONG else set()
        self._words = [*sorted(self._ids), *known.names] if self._ids else []
        self._told: dict[str, str] = {}

    def __call__(self, value: str, zh: str, table: str) -> Message:
        items = value.split(";")
        item = next((i for i in items if i not in self._ids), items[0]) if self._ids else items[0]
        meant = self._meant(item)
        named = f"「{item}」" if len(items) > 1 else ""
        if meant:
            return Message(
                f"{named}在「{zh}」表中没找到,是不是「{meant}」?请改",
                f"an id of the table {table}{f' ({item} is none)' if named else ''}; did you mean {meant}?",
                meant,
            )
        return Message(
            f"{named}在「{zh}」表中没找到",
            f"an id of the table {table}{f' ({item} is none)' if named else ''}",
        )

    def _meant(self, item: str) -> str:
        if item not in self._told and len(self._told) < SUGGESTED_FOR:
            holding = [word for word in self._words if len(item) > 1 and item in word]
            near = holding[:1] or difflib.get_close_matches(item, self._words, 1, 0.75)
            self._told[item] = near[0] if near else ""
        return self._told.get(item, "")


def _unknown(cells: Cells, ids: Texts) -> Bools:
    """(v,) values of which no id, or not every one of a list, is known."""
    if cells.column.kind == "list":
        known = set(ids.to_pylist())
        return np.array([not known.issuperset(v.split(";")) for v in cells.values.to_pylist()], dtype=bool)
    return np.asarray(~pc.is_in(cells.values, value_set=ids).to_numpy(zero_copy_only=False))


def _same_but_for_zeros(strangers: list[str], ids: Texts) -> dict[str, str]:
    """Stranger -> the only id that is equal without `.0` at the end and zeros in front."""
    held = pd.DataFrame({"id": ids.to_pylist(), "bare": _bare(ids).to_pylist()}, dtype=object)
    held = held[~held["bare"].duplicated(keep=False)]
    by_bare: dict[Any, Any] = dict(zip(held["bare"], held["id"], strict=True))
    bare = _bare(texts(strangers)).to_pylist()
    return {s: by_bare[b] for s, b in zip(strangers, bare, strict=True) if b in by_bare}


def _bare(ids: Texts) -> Texts:
    return pc.utf8_ltrim(pc.replace_substring_regex(ids, r"\.0+$", ""), "0")


def _names(draft: StagingTable) -> dict[str, str]:
    """Name -> id of the organizations whose name nobody else has."""
    ids, names = draft.cells["org_id"], draft.cells["name"]
    whole = (ids.codes >= 0) & (names.codes >= 0)
    frame = pd.DataFrame({"id": ids.codes[whole], "name": names.codes[whole]}).drop_duplicates()
    frame = frame[~frame["name"].duplicated(keep=False)]
    return {
        str(names.values[int(name)].as_py()): str(ids.values[int(i)].as_py())
        for i, name in zip(frame["id"], frame["name"], strict=True)
    }
