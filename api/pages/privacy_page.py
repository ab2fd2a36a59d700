"""What is stored about people and why, for everybody to read: made from the catalogue, not from a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from api.auth import visitor_if_any
from api.deps import answer, language
from api.pages.page_words import Words
from api.pages.render import page
from features.schema import TABLES
from recommender.privacy.data_catalogue import (
    GROUPS,
    Group,
    PurposeEntry,
    data_catalogue,
    table_label,
    words_of,
)

router = APIRouter(include_in_schema=False)

RIGHTS: Final = ("know", "correct", "refuse", "explain", "delete", "complain")


@dataclass(frozen=True)
class ColumnName:
    """A column as the reader's language calls it; a code where there is no other name."""

    text: str
    is_code: bool


@dataclass(frozen=True)
class EntryShown:
    """Columns of one table that are stored for the same reason, in words."""

    columns: tuple[ColumnName, ...]
    use: str
    basis: str
    sensitivity: str
    term: str
    seen_by: str


@dataclass(frozen=True)
class TableShown:
    """One table of the catalogue."""

    name: str
    label: str
    entries: tuple[EntryShown, ...]


@router.get("/privacy")
def privacy(request: Request) -> Response:
    """Who is responsible, what is stored and why, for how long, who sees it, and what one may ask for."""
    visitor = visitor_if_any(request)
    request.state.cacheable = visitor is None
    t = Words(language(request))
    name, contact = request.app.state.responsible
    groups = [(group, [_table(group, table, t) for table in data_catalogue().of(group)]) for group in GROUPS]
    html = page(request, "privacy.html", groups=groups, responsible=name, contact=contact, rights=RIGHTS)
    return answer(request, html)


def _table(group: Group, table: str, t: Words) -> TableShown:
    entries = tuple(_entry(group, table, entry, t) for entry in data_catalogue().of(group)[table])
    label = t.text(table_label(group, table))
    return TableShown(table, label if t.lang == "zh" else label.replace("_", " "), entries)


def _entry(group: Group, table: str, entry: PurposeEntry, t: Words) -> EntryShown:
    return EntryShown(
        columns=tuple(_column(group, table, name, t) for name in entry.columns),
        use=t.text(words_of("use", entry.purpose)),
        basis=t.text(words_of("basis", entry.basis)),
        sensitivity=t.text(words_of("sensitivity", entry.sensitivity)),
        term=t.text(words_of("term", entry.term)),
        seen_by=t("pages.site_separator").join(t.text(words_of("viewer", one)) for one in entry.seen_by),
    )


def _column(group: Group, table: str, name: str, t: Words) -> ColumnName:
    if group == "tables" and t.lang == "zh":
        return ColumnName(TABLES[table].column(name).zh, False)
    return ColumnName(name, True)
