"""How files were read before: a mapping for each row of headers, kept in the workspace for next term's file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from features.documents import DocumentError, read_toml
from features.schema import TABLES
from features.sources.guess.column_guess import ColumnGuess
from features.sources.guess.guess_files import FileGuesses
from features.sources.guess.sheet_guess import SheetGuess
from features.sources.guess.wide.wide_guess import WideGuess
from recommender.workspace.atomic import replacing

FOLDER = "mappings"


def remember(root: Path, guesses: FileGuesses) -> None:
    """Keeps how each sheet was read, under its headers; the newest decision stands."""
    for sheet in guesses.sheets:
        _keep(root, [column.header for column in sheet.columns], {"table": [sheet.as_section()]})
    for guess in guesses.wide:
        sections: dict[str, list[Any]] = {}
        for head, section in guess.without_people().as_sections():
            sections.setdefault(head, []).append(section)
        _keep(root, [column.header for column in guess.columns], sections)


def recalled(root: Path, guesses: FileGuesses) -> FileGuesses:
    """The guesses, with those replaced whose headers are exactly the ones of a sheet that was read before."""
    return replace(
        guesses,
        sheets=tuple(_recalled(root, sheet) for sheet in guesses.sheets),
        wide=tuple(_wide_recalled(root, guess) for guess in guesses.wide),
    )


def _keep(root: Path, headers: Sequence[str], sections: Mapping[str, Any]) -> None:
    path = _path(root, headers)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_text(tomli_w.dumps(sections), "utf-8")


def _wide_recalled(root: Path, guess: WideGuess) -> WideGuess:
    """The guess with the sections that read such a sheet before, which leave only what changes with every file to answer."""
    try:
        content = read_toml(_path(root, [column.header for column in guess.columns]))
        sections = [(head, section) for head in ("table", "pupils", "ratings") for section in content.get(head, ())]
    except DocumentError:
        return guess
    return guess.as_before(sections) if sections and all(isinstance(section, dict) for _, section in sections) else guess


def _recalled(root: Path, sheet: SheetGuess) -> SheetGuess:
    try:
        section: Mapping[str, Any] = read_toml(_path(root, [c.header for c in sheet.columns]))["table"][0]
        if section["name"] not in TABLES:
            return sheet
        columns: Mapping[str, Any] = section["columns"]
        source_of = {source: name for name, source in columns.items() if isinstance(source, str)}
        granted = {name: str(source["value"]) for name, source in columns.items() if not isinstance(source, str)}
    except (DocumentError, KeyError, IndexError, TypeError):  # none, or one that was changed beyond this use
        return sheet
    guesses = tuple(_as_before(guess, sheet.columns, source_of) for guess in sheet.columns)
    return replace(sheet, table=section["name"], columns=guesses, granted=granted, missing=(), others=())


def _as_before(guess: ColumnGuess, columns: Sequence[ColumnGuess], source_of: Mapping[str, str]) -> ColumnGuess:
    same = [other.letter for other in columns if other.header == guess.header]
    numbered = f"{guess.header}#{same.index(guess.letter) + 1}"
    column = source_of.get(guess.header if len(same) == 1 else numbered)
    return replace(guess, column=column, score=1.0 if column else 0.0, reason="remembered" if column else None)


def _path(root: Path, headers: Sequence[str]) -> Path:
    digest = hashlib.sha256("\n".join(sorted(headers)).encode()).hexdigest()[:16]
    return root / FOLDER / f"{digest}.toml"
