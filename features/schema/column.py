"""What a column and a table are.

Limits `low` and `high` are inclusive; with `above` the lower one is open.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from features.messages import BilingualText

Kind = Literal["id", "text", "date", "number", "integer", "list"]

STAGES: Final = ("kindergarten", "primary", "junior", "senior")
ROLES: Final = ("teacher", "principal")
LADDER: Final = ("T1", "T2", "T3", "T4", "T5", "T6", "P1", "P2", "P3", "P4", "P5")


@dataclass(frozen=True)
class Column:
    """One column: `required` means the column must be there and no cell of it empty.

    references: the table whose key its ids have to be in; `lenient`, where an unknown id is a note, not a problem.
    subject: its words are school subjects, which have a word list of their own.
    """

    name: str
    zh: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    synonyms: tuple[str, ...] = ()
    references: str = ""
    lenient: bool = False
    subject: bool = False

    @property
    def label(self) -> BilingualText:
        """Its header in either language."""
        return BilingualText(self.zh, self.name)

    @property
    def label_with_name(self) -> BilingualText:
        """The same, the Chinese header with the English one behind it."""
        return BilingualText(f"「{self.zh}」({self.name})", self.name)


@dataclass(frozen=True)
class Table:
    """One table: `key` columns are unique together. Without a key, rows that agree in all
    `selectors` and differ in other columns conflict.
    """

    name: str
    zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    selectors: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that make two rows the same row: the key, else all selectors."""
        return self.key or self.selectors

    @property
    def label(self) -> BilingualText:
        """Its name in either language."""
        return BilingualText(self.zh, self.name)

    @property
    def label_with_name(self) -> BilingualText:
        """The same, the Chinese name with the English one behind it."""
        return BilingualText(f"「{self.zh}」({self.name})", self.name)

    def column(self, name: str) -> Column:
        """The column of this name. Raises KeyError."""
        return {c.name: c for c in self.columns}[name]

    def column_for(self, header: str) -> Column | None:
        """The column that a header means: its name, Chinese name or a synonym, case and spaces aside."""
        folded = _fold(header)
        return next((c for c in self.columns if folded in map(_fold, (c.name, c.zh, *c.synonyms))), None)


def _fold(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).replace("_", "").casefold()


def need(
    name: str,
    zh: str,
    kind: Kind = "text",
    *synonyms: str,
    choices: tuple[str, ...] = (),
    references: str = "",
    lenient: bool = False,
) -> Column:
    return Column(
        name,
        zh,
        kind,
        required=True,
        choices=choices,
        synonyms=synonyms,
        references=references,
        lenient=lenient,
    )


def may(
    name: str,
    zh: str,
    kind: Kind = "text",
    *synonyms: str,
    choices: tuple[str, ...] = (),
    references: str = "",
) -> Column:
    return Column(name, zh, kind, choices=choices, synonyms=synonyms, references=references)


def subject(name: str, zh: str, kind: Kind = "text", *synonyms: str, required: bool = False) -> Column:
    return Column(name, zh, kind, required=required, synonyms=synonyms, subject=True)


def share(name: str, zh: str, *, above: bool = False) -> Column:
    return Column(name, zh, "number", low=0.0, high=1.0, above=above)


def positive(name: str, zh: str, *, required: bool = False) -> Column:
    return Column(name, zh, "number", required=required, low=0.0, above=True)
