"""Files that no table is named after, guessed sheet by sheet: the content of a mapping file that reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import tomli_w

from features.schema import TABLES, Table
from features.sources.guess.sheet_guess import SheetGuess, guess_sheet
from features.sources.guess.wide.guess_wide import known_names
from features.sources.guess.wide.wide_guess import WideGuess
from features.sources.read.header import has_all_required
from features.sources.read.isolated.file_reader import read_sheet, sheet_names
from features.sources.read.locate import INSTRUCTIONS, suffix_of, table_named
from features.sources.read.sheet import HeaderRows, Sheet, fold

FIRST_LINE: Final = 100_000  # bytes
MOST_SHEETS: Final = 50  # of one workbook that are looked at


@dataclass(frozen=True)
class FileGuesses:
    """sheets: those that are tables. unknown: (file, sheet) that are no table as far as can be seen. wide: sheets with a row
    a pupil, a respondent or a class."""

    sheets: tuple[SheetGuess, ...]
    unknown: tuple[tuple[str, str | None], ...] = ()
    wide: tuple[WideGuess, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sheets or self.wide)

    @property
    def complete(self) -> bool:
        """Whether every sheet that was guessed can be imported."""
        return all(sheet.complete for sheet in self.sheets) and all(guess.complete for guess in self.wide)

    @property
    def sure(self) -> bool:
        """Whether nobody need look at any of it."""
        return all(sheet.sure for sheet in self.sheets) and all(guess.sure for guess in self.wide)

    def as_mapping(self) -> dict[str, Any]:
        """The content of the mapping file."""
        sections: dict[str, list[Any]] = {"table": [sheet.as_section() for sheet in self.sheets]} if self.sheets else {}
        for guess in self.wide:
            for head, section in guess.as_sections():
                sections.setdefault(head, []).append(section)
        return sections

    def write(self, path: Path) -> None:
        """The mapping file, to be read, edited and used again next term."""
        path.write_text(tomli_w.dumps(self.as_mapping()), "utf-8")


def guess_files(
    paths: Sequence[Path],
    existing: Mapping[str, pd.DataFrame],
    values: Mapping[str, str] | None = None,
    tables: Mapping[tuple[str, str | None], str] | None = None,
) -> FileGuesses:
    """A guess for each sheet under the paths that is not already a table with its own headers. Raises FileReadError.

    existing: the tables of the workspace, whose ids and names are looked for. values: column -> value of every row, where
    a sheet has no such column. tables: (file, sheet) -> the table that it is, whatever it looks like.
    """
    known, names = known_words(existing), known_names(existing)
    wide: list[WideGuess] = []
    sheets: list[SheetGuess] = []
    unknown: list[tuple[str, str | None]] = []
    for file in (file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])):
        suffix = suffix_of(file)
        if not suffix or not file.is_file() or file.name.startswith((".", "~$")):
            continue
        for name in sheet_names(file)[:MOST_SHEETS] if suffix == ".xlsx" else (None,):
            if name is not None and fold(name) in INSTRUCTIONS:
                continue
            table = table_named(name or "") or table_named(file.name[: -len(suffix)])

            def read(header: HeaderRows, file: Path = file, name: str | None = name) -> Sheet:
                return read_sheet(file, name) if header is None else read_sheet(file, name, header_rows=header)

            said = (tables or {}).get((file.name, name))
            if said is None and table is not None and _is_table(file, suffix, TABLES[table], read):
                continue
            guess = guess_sheet(read, known, said or table, values, names)
            if guess is None:
                unknown.append((file.name, name))
            elif isinstance(guess, WideGuess):
                wide.append(guess)
            else:
                sheets.append(guess)
    return FileGuesses(tuple(sheets), tuple(unknown), tuple(wide))


def _is_table(file: Path, suffix: str, table: Table, read: Callable[[HeaderRows], Sheet]) -> bool:
    """Whether a file named as a table has its columns; of text tables the first line alone is read, since they may be large."""
    if suffix == ".parquet":
        return True  # written by programs
    if suffix == ".xlsx" or suffix.endswith(".gz"):  # parsed by the reader alone, whose limits hold for hostile files
        return has_all_required(read(None), table)
    with open(file, "rb") as source:
        line = source.readline(FIRST_LINE)
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = line.decode("gb18030", "replace")
    headers = tuple(cell.strip().strip('"') for cell in re.split("[,;\t]", text.strip()))
    sheet = Sheet(file.name, None, headers, (), np.zeros(0, np.int64))
    return has_all_required(sheet, table) or has_all_required(read(None), table)


def known_words(existing: Mapping[str, pd.DataFrame]) -> dict[str, Collection[str]]:
    """Table -> its ids, and for organizations their names."""
    words: dict[str, Collection[str]] = {}
    for name, frame in existing.items():
        if len(frame) and len(TABLES[name].key) == 1:
            words[name] = set(frame[TABLES[name].key[0]])
    if "organizations" in words:
        words["organizations"] = {*words["organizations"], *existing["organizations"]["name"]}
    return words
