"""Objections in words: what one is about, how it stands, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from api.deps import AdviceReader
from api.pages.page_words import Words
from features.errors import UnknownIdError
from features.row_identity import Cell
from features.schema import TABLES
from recommender.objections.deadline import due_on, is_overdue
from recommender.objections.duty import duty_of
from recommender.objections.objection_effect import ObjectionEffect
from recommender.records.objection_records import Contested, Objection
from recommender.workspace.left_out import REGISTER

WITHDRAWABLE: Final = ("open", "upheld")


@dataclass(frozen=True)
class CellShown:
    """One cell. is_code: the name is the column's own, for want of a word in the reader's language."""

    name: str
    is_code: bool
    value: Cell


@dataclass(frozen=True)
class ContestedShown:
    """What is contested: its kind in words, its name (a table, competency or course), the cells of a row or of its key."""

    kind: str
    name: str
    cells: tuple[CellShown, ...]
    answered_by: str


@dataclass(frozen=True)
class ObjectionShown:
    """One objection on a page."""

    objection: Objection
    about: ContestedShown
    state: str
    effect: str
    effect_code: ObjectionEffect
    on: date
    due: date
    overdue: bool
    answered_on: date | None
    withdrawable: bool


def contested_shown(about: Contested, service: AdviceReader, t: Words, row: Mapping[str, Cell] | None = None) -> ContestedShown:
    """row: its cells; those of its key by default."""
    cells: tuple[CellShown, ...] = ()
    if about.kind == "row":
        shown = row if row is not None else dict(about.row_key or {})
        cells = cells_shown(about.subject, shown, t)
    kind, answered_by = t(f"objections.kind_{about.kind}"), t(f"objections.by_{duty_of(about)}")
    return ContestedShown(kind, name_of(about, service, t), cells, answered_by)


def cells_shown(table: str, row: Mapping[str, Cell], t: Words) -> tuple[CellShown, ...]:
    """Cells that are not empty, in the order of the table."""
    labels = {column.name: column.zh for column in TABLES[table].columns} if table in TABLES and t.lang == "zh" else {}
    order = list(labels) or list(row)
    names = [name for name in order if name in row] + [name for name in row if name not in order]
    return tuple(CellShown(labels.get(name, name), name not in labels, row[name]) for name in names if row[name] is not None)


def words_for(about: Contested) -> str:
    """Which words its effect has: a row of the register stays, and only what is optional in it does not count."""
    return "register" if about.kind == "row" and about.subject == REGISTER else about.kind


def name_of(about: Contested, service: AdviceReader, t: Words) -> str:
    """The table, competency or course in words; its code where nobody knows it any more."""
    if about.kind == "row":
        return t.text(TABLES[about.subject].label) if about.subject in TABLES else about.subject
    if about.kind == "need":
        return t.text(service.competency_name(about.subject))
    try:
        return service.course(about.subject).title
    except UnknownIdError:
        return about.subject


def objection_shown(
    objection: Objection, service: AdviceReader, now: datetime, t: Words, effect: ObjectionEffect = "none",
    row: Mapping[str, Cell] | None = None,
) -> ObjectionShown:  # fmt: skip
    """One objection as it stands at `now`."""
    answer = objection.answer
    return ObjectionShown(
        objection=objection,
        about=contested_shown(objection.about, service, t, row),
        state=t(f"objections.state_{objection.state}"),
        effect="" if effect == "none" else t(f"objections.effect_{effect}_{words_for(objection.about)}"),
        effect_code=effect,
        on=objection.at.astimezone().date(),
        due=due_on(objection.at),
        overdue=objection.state == "open" and is_overdue(objection.at, now),
        answered_on=None if answer is None else answer.at.astimezone().date(),
        withdrawable=objection.state in WITHDRAWABLE,
    )
